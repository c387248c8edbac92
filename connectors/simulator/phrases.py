"""What people of the drill street call about, in words of our own; no person is named (design, principle 7).

`{place}` is where, `{spot}` a corner of it, `{n}` a small number, `{hour}` the hour of the call.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """One kind of call: `night` and `day` are its weights after 21:00 and before."""

    code: str
    kind: str
    title: str
    texts: tuple[str, ...]
    night: int
    day: int


CHANNELS: tuple[tuple[str, int], ...] = (
    ("12345热线", 10), ("微信小程序", 5), ("110非警务转办", 4), ("网格员上报", 3), ("街道值班电话", 3),
)  # fmt: skip

SPOTS: tuple[str, ...] = (
    "东门外", "西侧路口", "沿街第{n}家", "{n}号楼下", "{n}单元门口", "地下车库入口", "北侧围墙边", "公交站旁",
    "快递柜旁", "后巷", "消防通道", "电动车棚",
)  # fmt: skip

PHRASES: tuple[Phrase, ...] = (
    Phrase("NOISE", "噪声扰民", "{place}夜间施工噪音扰民", (
        "{hour}点了，{place}{spot}还在打桩、切割钢筋，噪音很大，老人孩子没法休息，请派人制止。",
        "{place}旁的工地连续{n}晚夜间施工，混凝土车进进出出，要求核查有没有夜间施工许可。",
    ), 12, 3),
    Phrase("NOISE", "噪声扰民", "{place}广场舞音响声音过大", (
        "{place}{spot}跳广场舞的音响开得很大，噪音传到楼上，关窗也没用，劝过不听。",
    ), 5, 4),
    Phrase("NOISE", "噪声扰民", "{place}烧烤店深夜喧哗噪声", (
        "{place}{spot}的烧烤店露天摆桌，{hour}点多还有{n}桌客人划拳，噪声影响整栋楼睡觉。",
        "楼下夜宵摊喧哗，排风机嗡嗡响，已经反映过{n}次，希望今晚就有人来看看。",
    ), 8, 2),
    Phrase("STALL", "占道经营", "{place}流动摊贩占道经营", (
        "{place}{spot}有{n}个流动摊贩占道经营，盲道全占了，推婴儿车只能走机动车道。",
        "水果车每天下班时间占道经营，堵住{place}出口，垃圾也扔一地。",
    ), 5, 9),
    Phrase("STALL", "店外经营", "{place}店铺出店经营占用人行道", (
        "{place}{spot}的店把货架和冰柜摆到人行道上，出店经营，行人过不去。",
    ), 3, 7),
    Phrase("WASTE", "环境卫生", "{place}垃圾满溢无人清运", (
        "{place}{spot}的垃圾桶满了{n}天没人清运，污水流到路面，气味很大。",
        "有人半夜在{place}{spot}偷倒建筑垃圾，堆了大约{n}车，请尽快清理。",
    ), 5, 10),
    Phrase("WATER", "积水内涝", "{place}积水严重", (
        "{place}{spot}积水没过脚踝，雨水口好像堵了，电动车开不过去。",
        "水管爆了，{place}{spot}往外冒水已经{n}个小时，低洼处开始积水。",
    ), 6, 5),
    Phrase("SEWER", "排水管网", "{place}污水外溢", (
        "{place}{spot}污水井往外冒污水，臭味很大，{n}户一楼人家不敢开窗。",
    ), 3, 5),
    Phrase("MANHOLE", "市政设施", "{place}井盖缺失", (
        "{place}{spot}一个井盖不见了，天黑看不清，只有路人放的一根树枝，非常危险！",
        "车压过{place}{spot}的井盖咣当响，井盖已经翘起来，怕有人骑车摔倒。",
    ), 4, 5),
    Phrase("LAMP", "市政设施", "{place}路灯不亮", (
        "{place}{spot}连着{n}盏路灯不亮，晚上一片漆黑，下夜班的人害怕。",
        "路灯一闪一闪的好几天了，位置在{place}{spot}。",
    ), 8, 2),
    Phrase("ROAD", "市政设施", "{place}路面塌陷坑洼", (
        "{place}{spot}路面塌陷出一个坑，直径大概{n}十厘米，已经有电动车摔倒。",
    ), 2, 6),
    Phrase("PARK", "违章停车", "{place}消防通道违停", (
        "{place}{spot}的消防通道停了{n}辆车，万一着火消防车进不来，请交警挪车。",
        "{place}单元门口被违停车辆堵死，救护车刚才差点进不来。",
    ), 9, 8),
    Phrase("EBIKE", "消防隐患", "{place}电动车进楼飞线充电", (
        "{place}{spot}有人从窗户拉线给电动车充电，飞线垂到一楼，下面堆着纸箱，怕着火。",
        "{n}辆电动车停在楼道里充电，占了疏散通道，物业不管。",
    ), 7, 6),
    Phrase("FIRE", "消防隐患", "{place}楼道堆物堵塞疏散通道", (
        "{place}{spot}楼道里堆满旧家具和纸板，消防通道只剩一条缝。",
    ), 3, 6),
    Phrase("GAS", "燃气安全", "{place}疑似燃气泄漏", (
        "{place}{spot}闻到很浓的煤气味，怀疑燃气泄漏，已经让邻居不要开灯，请马上来！",
    ), 1, 1),
    Phrase("SMOKE", "餐饮油烟", "{place}餐馆油烟直排", (
        "{place}{spot}的餐馆油烟不经净化直接往外排，楼上{n}户晾的衣服全是油烟味。",
    ), 4, 6),
    Phrase("LIFT", "电梯故障", "{place}电梯停用无人维修", (
        "{place}{n}号楼电梯停了{n}天，物业一直说等配件，高层老人下不了楼。",
        "电梯运行时抖动、异响，物业贴了张纸就没下文了，位置{place}{spot}。",
    ), 4, 7),
    Phrase("POWER", "停电", "{place}整栋楼停电", (
        "{place}{n}号楼整栋停电，物业值班电话打了{n}遍没人接。",
    ), 5, 2),
    Phrase("LEAK", "房屋渗水", "{place}楼上漏水邻里纠纷", (
        "{place}{n}单元楼上卫生间漏水到楼下，双方吵起来了，请社区来调解。",
    ), 3, 4),
    Phrase("BUILD", "违法建设", "{place}顶楼疑似违建", (
        "{place}{n}号楼顶楼在搭阳光房，晚上偷偷运材料，怀疑是违建，请核查。",
    ), 2, 4),
    Phrase("WAGE", "劳动纠纷", "{place}工人反映欠薪", (
        "{place}{spot}门口聚了{n}十来个工人，说装修队欠薪{n}个月，情绪有点激动。",
    ), 2, 3),
    Phrase("DOG", "犬只管理", "{place}流浪犬追人", (
        "{place}{spot}有{n}条流浪犬，晚上追骑车的人，孩子不敢走。",
        "遛狗不牵绳，大狗扑人，{place}{spot}，希望管一管。",
    ), 4, 4),
    Phrase("TREE", "树木倒伏", "{place}树枝折断压线", (
        "{place}{spot}一根大树枝断了搭在电线上，风一吹就晃，下面停着车。",
    ), 2, 3),
    Phrase("HELP", "求助", "{place}有老人走失求助", (
        "{place}{spot}有位老人说不清家在哪里，已在便利店门口坐了{n}十分钟，请网格员来帮忙。",
    ), 2, 2),
    Phrase("CROWD", "秩序维护", "{place}人群聚集秩序混乱", (
        "{place}{spot}抢购促销，人越聚越多，把路口堵了，请来人维持秩序。",
    ), 2, 3),
    Phrase("OTHER", "其他", "{place}共享单车乱堆放", (
        "{place}{spot}共享单车倒了一大片，大概{n}十辆，把盲道压住了。",
    ), 3, 5),
    Phrase("OTHER", "咨询", "咨询{place}夜间药店", (
        "想问{place}附近{hour}点以后哪家药店还开门。",
    ), 2, 1),
)  # fmt: skip

DEVICE_TEXTS: dict[str, str] = {
    "fire_lane_blocked": "消防通道内有车辆停留",
    "bin_overflow": "垃圾桶满溢",
    "thrown_object": "疑似高空抛物",
    "road_occupied": "人行道被占用",
    "crowding": "区域内聚集超过设定数量",
    "smoke": "烟雾浓度超过报警值",
    "tilt": "井盖倾斜或移位",
    "high_water": "水位超过警戒线",
}

RESULTS: tuple[str, ...] = (
    "已到场处置，当事人已整改，现场恢复。",
    "已劝离并清理现场，复查无异常。",
    "已完成维修，现场照片见附件。",
    "已设置围挡和警示灯，并完成更换。",
    "已联系责任单位到场处理完毕，居民表示认可。",
    "已调解，双方达成一致，签字确认。",
)

RETURNS: tuple[str, ...] = (
    "经现场核实，不属本单位职责，请转责任单位。",
    "该路段已移交，非我单位管养范围。",
)
