"""Invented names for the drill street; any likeness to a real address is chance."""

from __future__ import annotations

# One entry a community: its name, and its level-two grids (six or five), each drawn around a compound.
COMMUNITIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("望江社区", ("望江花园", "听涛苑", "滨江新村", "老码头", "江畔名邸", "渡口里")),
    ("梧桐里社区", ("梧桐里", "青枫苑", "印染厂宿舍", "和睦新村", "桂香园", "晨光里")),
    ("书院社区", ("书院街", "翰林府", "文澜苑", "学士里", "墨香小区", "砚池新村")),
    ("钟楼社区", ("钟楼前街", "鼓楼后巷", "丰乐里", "百货大院", "永安小区", "灯市口")),
    ("柳湾社区", ("柳湾家园", "荷塘新村", "长堤苑", "柳岸公馆", "水车巷")),
    ("东站社区", ("站前小区", "铁路新村", "货场路", "货运大院", "朝晖苑")),
)

# Small grids that are one place of its own kind: index of community, index of grid, kind, name.
SPECIAL: tuple[tuple[int, int, str, str], ...] = (
    (2, 0, "school", "书院中学"),
    (3, 0, "market", "钟楼农贸市场"),
    (3, 3, "hospital", "钟楼医院"),
    (4, 1, "school", "柳湾小学"),
    (5, 0, "compound", "望江东站"),
    (5, 3, "compound", "东站公交枢纽"),
)

BUILDINGS: tuple[str, ...] = ("1至6栋", "7至14栋", "15至22栋", "23至30栋", "沿街商铺")

POINTS: tuple[str, ...] = (
    "东门岗亭", "西门岗亭", "南门", "北门", "消防通道口", "电动车棚", "垃圾分类亭", "配电房", "健身广场",
    "沿街路口", "公交站台", "地下车库入口", "老年活动室", "雨水泵井", "快递柜旁", "高压水箱间",
)  # fmt: skip

POINTS_BY_KIND: dict[str, tuple[str, ...]] = {
    "school": ("校门护学岗", "后门", "家长等候区", "操场围墙"),
    "market": ("正门", "水产区通道", "卸货口", "消防栓处", "公厕旁"),
    "hospital": ("急诊入口", "门诊大厅", "氧气站外", "停车场出口"),
    "bus_station": ("候车廊", "充电桩区", "调度室外", "出租车候客区"),
    "railway_station": ("进站口", "出站口", "站前广场", "售票厅", "行李寄存处"),
}
