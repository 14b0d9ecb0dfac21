// Each palette in CIELAB as well, three numbers a colour: what searches by colour compare (domain/color.py).
MATCH (i:Picture) WHERE i.lab IS NULL
CALL (i) {
  UNWIND [part IN split(i.palette, '"') WHERE part STARTS WITH '#'] AS hex
  WITH i, [at IN [1, 3, 5] | (16.0 * size(split('0123456789abcdef', substring(hex, at, 1))[0])
    + size(split('0123456789abcdef', substring(hex, at + 1, 1))[0])) / 255] AS rgb
  WITH i, [c IN rgb | CASE WHEN c <= 0.04045 THEN c / 12.92 ELSE ((c + 0.055) / 1.055) ^ 2.4 END] AS c
  WITH i, [(0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.9505,
    0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2],
    (0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.089] AS xyz
  WITH i, [c IN xyz | CASE WHEN c > 0.008856 THEN c ^ (1.0 / 3) ELSE 7.787 * c + 16.0 / 116 END] AS f
  WITH i, collect([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]) AS colours
  SET i.lab = reduce(flat = [], colour IN colours | flat + colour)
} IN TRANSACTIONS OF 1000 ROWS;
