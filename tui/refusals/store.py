"""Why the store cannot be had."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "store_exists": N_("A store is already at {path}. Open it, or choose another place."),
    "store_missing": N_("There is no store at {path}. Make one with griddesk init, or see griddesk demo."),
    "store_busy": N_("The store is busy: others are writing. Try again."),
    "store_full": N_("The disk of the store is full. Nothing was changed; make room and try again."),
    "store_read_only": N_(
        "The store can only be read. Check the file, the medium, or what the account may do on the server."
    ),
    "store_gone": N_("The store cannot be reached. Check its folder or its server, and who may use it."),
    "store_moved": N_("The store was moved or replaced while it was open ({path}). Open it again."),
    "store_slow": N_("The store did not answer in time. Try again."),
    "store_io": N_("The disk of the store reports an error. Check the disk; take the store from a backup if need be."),
    "store_damaged": N_("What lies there is no store, or it is damaged. Keep the file and take a backup into use."),
    "store_failed": N_("The store failed ({error}). Nothing was changed; try again."),
    "store_too_new": N_("A newer Griddesk made this store ({found}; this one knows {known}). Update Griddesk."),
    "store_engine_unknown": N_("{engine} keeps no stores of ours. Give a path or a postgresql:// URL."),
    "store_needs_extra": N_("Stores on PostgreSQL need one more package. Install it: {install}."),
    "store_url": N_("This is no URL of a database. Write it like {expected}."),
    "store_no_database": N_(
        "There is no database {database} on that server. Make it (createdb {database}), then init."
    ),
    "store_wrong_database": N_(
        "Database {database} is not in UTF-8, or sorts by a language. Use createdb -T template0 -E UTF8 --locale=C."
    ),
    "store_login_refused": N_("The server of {path} lets this account not in. Check the user name, or ~/.pgpass."),
    "store_forbidden": N_("The account may not use the tables of {path}. Have their owner grant it the rights."),
    "profile_gone": N_("The store lacks profile {profile} in version {version}. Add it again (griddesk profile add)."),
    "now_on_real_store": N_("Only a drill store has a clock that can be set. Leave out --now."),
    "unknown_profile": N_("There is no profile {profile}. Known: {known}."),
    "unknown_timezone": N_("There is no time zone {timezone}. Write it like Asia/Shanghai."),
    "defect": N_("Something failed inside ({error}). Nothing was changed; the log has it under {reference}."),
}
