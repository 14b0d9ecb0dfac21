// What each viewer did last with Pins; how warm a Pin is from what everybody does.
CREATE CONSTRAINT actions_u IF NOT EXISTS FOR (a:Actions) REQUIRE a.u IS UNIQUE;
CREATE INDEX pin_heat IF NOT EXISTS FOR (p:Pin) ON (p.heatAt);
