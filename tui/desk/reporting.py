"""The desk's calls for what reports in and who is told: sources, devices, intake, warnings, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.desk.calls import Calls

if TYPE_CHECKING:
    from store.views.devices import AutoRow, CameraRow, Devices
    from store.views.intake import Intake, IntakeRow
    from store.views.intake import Which as IntakeWhich
    from store.views.notices import NoticeRow, Slip
    from store.views.sources import RefusedRow, RefusedText, Sources
    from store.views.warnings import Warnings

TROUBLED = 200
"""Devices that the panel lists, the troubled first."""


class Reporting(Calls):
    async def sources(self) -> Sources:
        from store.views.sources import sources

        return await self._view(sources, self.now())

    async def refused_items(self, source: str) -> tuple[RefusedRow, ...]:
        from store.views.sources import refused

        return await self._view(refused, source, 100)

    async def refused_text(self, item_id: int) -> RefusedText | None:
        from store.views.sources import refused_text

        return await self._view(refused_text, item_id)

    async def replay(self, item_id: int) -> dict[str, Any]:
        """Hand in a refused message anew, through the parser of its kind in a process of its own."""
        from tui.desk.replaying import replay

        return await self._call(lambda: replay(self._store.location, self.config, item_id))

    async def devices(self) -> Devices:
        from store.views.devices import devices

        return await self._view(devices, self.profile, self.now(), limit=TROUBLED)

    async def cameras(self, case_id: int) -> tuple[CameraRow, ...]:
        from store.views.devices import cameras

        return await self._view(cameras, self.profile, case_id, self.now())

    async def filing_of(self, case_id: int) -> AutoRow | None:
        """The rule that filed the case by itself, while nobody has judged it."""
        from store.views.devices import filing_of

        found = await self._view(filing_of, self.profile, case_id)
        return found if found is not None and not found.verdict else None

    async def confirm_filing(self, case_id: int, request_id: str) -> None:
        from store.actions.devices.autofiling import confirm

        await self._act(confirm, case_id, request_id=request_id)

    async def cancel_filing(self, case_id: int, reason: str, request_id: str) -> None:
        from store.actions.devices.autofiling import cancel

        await self._act(cancel, case_id, reason=reason, request_id=request_id)

    async def intake(self, which: IntakeWhich) -> Intake:
        from store.views.intake import intake

        return await self._view(intake, self.profile, self.now(), which, self.timezone)

    async def intake_item(self, item_id: int) -> IntakeRow:
        """One item with its words, as far as the officer may read them."""
        from store.views.intake import item

        return await self._view(item, self.profile, self.now(), item_id, await self.actor())

    async def sort(self, verb: str, item_id: int, version: int, request_id: str, **facts: Any) -> int:
        """One move of the intake list: file, answer, hand_over, advise, duplicate."""
        from store.actions.intake import intake

        action = getattr(intake, verb)
        return int(await self._act(action, item_id, expected_version=version, request_id=request_id, **facts))

    async def warnings(self) -> Warnings:
        from store.views.warnings import warnings

        return await self._view(warnings, self.profile, self.now())

    async def assign_warning(self, warning_id: int, unit: str, version: int, request_id: str) -> None:
        from store.actions.warnings.warnings import assign

        await self._act(assign, warning_id, unit, expected_version=version, request_id=request_id)

    async def verify_warning(
        self, warning_id: int, finding: str, note: str, size: float | None, version: int, request_id: str
    ) -> None:
        from store.actions.warnings.warnings import verify

        await self._act(
            verify, warning_id, finding, note=note, size=size, expected_version=version, request_id=request_id
        )

    async def close_warning(self, warning_id: int, note: str, version: int, request_id: str) -> None:
        from store.actions.warnings.warnings import close

        await self._act(close, warning_id, note=note, expected_version=version, request_id=request_id)

    async def slips(self, case_id: int) -> tuple[Slip, ...]:
        from store.views.notices import slips

        return await self._view(slips, case_id)

    async def notices_of(self, case_id: int) -> tuple[NoticeRow, ...]:
        from store.views.notices import notices

        found = await self._view(notices, self.profile, self.now(), which="all", limit=50, case_id=case_id)
        return found.rows

    async def send_again(self, notice_id: int, request_id: str) -> None:
        from store.actions.notices.notices import send_again

        await self._act(send_again, notice_id, request_id=request_id)
