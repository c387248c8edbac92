"""Words for things and states that Frigate's models know. What is none of them may be a name or a plate (K16-R7)."""

from __future__ import annotations

_THINGS = """
airplane, apple, backpack, banana, baseball bat, baseball glove, bbq_grill, bear, bed, bench, bicycle, bird, blender,
boar, boat, book, bottle, bowl, bus, cake, camera, car, carrot, cat, cell phone, chair, clock, couch, cow, cup, deer,
desk, dining table, dog, donut, door, elephant, excavator, eye glasses, fire, fire hydrant, fork, forklift, fox,
frisbee, giraffe, goat, hair dryer, handbag, hat, horse, hot dog, keyboard, kite, knife, laptop, microwave, mirror,
motion, motorcycle, mouse, orange, oven, package, parking meter, person, pizza, plate, potted plant, rabbit, raccoon,
refrigerator, remote, robot_lawnmower, rodent, sandwich, scissors, scooter, sheep, shoe, sink, skateboard, skis, skunk,
smoke, snowboard, spoon, sports ball, squirrel, stop sign, street sign, suitcase, surfboard, teddy bear, tennis racket,
tie, toaster, toilet, toothbrush, traffic light, train, tricycle, truck, tv, umbrella, vase, waste_bin, window,
wine glass, zebra
"""
_SOUNDS = """
alarm, artillery_fire, bark, boom, breaking, car_alarm, chainsaw, civil_defense_siren, crowd, crying,
emergency_vehicle, explosion, fire_alarm, fire_engine, fireworks, glass, gunshot, hammer, laughter, machine_gun, meow,
police_siren, scream, screaming, shatter, shout, siren, skidding, smoke_detector, speech, thunder, tire_squeal,
traffic_noise, whistle, yell
"""
LABELS = frozenset(word.strip() for word in f"{_THINGS},{_SOUNDS}".split(","))
