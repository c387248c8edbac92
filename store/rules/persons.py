"""What must not come in by the back door: columns and values that name persons (systems.md 5, K17-T4, K16-R9). Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from itertools import pairwise

WORDS = frozenset(
    {
        "person", "persons", "name", "names", "surname", "firstname", "lastname", "fullname", "nickname",
        "idcard", "idno", "idnumber", "identity", "passport", "phone", "phones", "mobile", "telephone", "tel", "email",
        "wechat", "face", "faces", "portrait", "plate", "plates", "licenseplate", "fingerprint", "gait", "voiceprint",
        "resident", "residents", "tenant", "tenants", "household", "citizen", "petitioner", "petitioners", "applicant",
        "caller", "reporter", "suspect", "prisoner", "offender", "addict", "patient", "foreigner", "migrant", "gender",
        "sex", "birthday", "birthdate", "ethnicity", "ethnic", "nationality", "religion", "believer", "hukou",
    }
)  # fmt: skip
"""Words of a name that mean a person or what tells one from another."""
CHINESE = (
    "姓名", "名字", "身份证", "证件号", "护照", "手机", "电话", "联系人", "联系方式", "邮箱", "微信", "人脸", "肖像",
    "车牌", "指纹", "住户", "户主", "居民", "租客", "租户", "上访人", "信访人", "当事人", "申请人", "投诉人", "举报人",
    "法定代表人", "法人代表", "负责人", "户名", "业主", "重点人员", "刑满", "社区矫正", "吸毒", "精神障碍", "精神病",
    "性别", "出生日期", "民族", "宗教", "信仰", "户籍", "外籍", "流动人口", "年龄",
)  # fmt: skip
HEADERS = frozenset({"id", "contact", "owner", "age", "address of person"})
"""Headers that say no more than this; in a longer name these words are harmless."""

_PART = re.compile(r"[^a-z]+")
_ID = re.compile(r"(?<!\d)[1-9]\d{5}((?:18|19|20)\d\d)(\d\d)(\d\d)\d{3}[\dxX](?![\dxX])")
_MOBILE = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\d.])")


def word(name: str) -> str:
    """The word in a name of a stream, feed, rule or column that means a person; empty when there is none."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    found = next((one for one in CHINESE if one in plain), "")
    if found:
        return found
    parts = [part for part in _PART.split(plain) if part]
    joined = ["".join(pair) for pair in pairwise(parts)]
    return next((part for part in (*parts, *joined) if part in WORDS), "")


def header(name: str) -> str:
    """The same for the header of a column."""
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    return plain if plain in HEADERS else word(_firm(plain))


def _firm(plain: str) -> str:
    """The header without what says that a firm or a place is named."""
    return re.sub(
        r"(firm|company|site|school|place|street|building|project|unit|employer|feed|source)s?[ _-]*name", "", plain
    )


def value(text: str) -> str:
    """`id_number` or `mobile` where a value holds one, else empty."""
    plain = unicodedata.normalize("NFKC", text)
    if len(plain) < 11:
        return ""
    for found in _ID.finditer(plain):
        try:
            date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            continue
        return "id_number"
    return "mobile" if _MOBILE.search(plain) else ""
