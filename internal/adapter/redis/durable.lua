-- Durable events of one session, consecutive by ord.
-- KEYS: stream, meta.  ARGV: channel, random, keep, ttl in ms, hour, first (0|1),
-- ord of the first, ord of the last, marks (8 characters each), bodies (a line
-- each), then for each attempt that speaks: producer field, attempt.  Answer:
-- {'ok'|'hole'|'fresh'|'other', last ord, number taken, its mark if none was taken}
local m, want = KEYS[2], {KEYS[2], 'o', 'e', 's', 'h', 'd'}
for i = 11, #ARGV, 2 do want[#want + 1] = ARGV[i] end
local v = redis.call('HMGET', unpack(want))
if not v[1] and ARGV[6] == '0' then return {'fresh', 0, 0} end
local from, to = tonumber(ARGV[7]), tonumber(ARGV[8])
local o = tonumber(v[1] or from - 1)
if from > o + 1 then return {'hole', o, 0} end
if from <= o then
  -- What is said again must be what was said: by its newest it is known.
  local d, at = v[5], 8 * (o - from)
  if to >= o and d and d ~= string.sub(ARGV[9], at + 1, at + 8) then return {'other', o, 0} end
  if to <= o then return {'ok', o, 0, d or ''} end
end
local meta = {m, 'o', ARGV[8], 'd', string.sub(ARGV[9], -8)}
for i = 11, #ARGV, 2 do
  local a = v[(i + 1) / 2]
  if not a or tonumber(string.match(a, '^%d+')) < tonumber(ARGV[i + 1]) then
    meta[#meta + 1] = ARGV[i]
    meta[#meta + 1] = ARGV[i + 1] .. ':-1'
  end
end
local n = to - o
local e, q = reach(v[2], v[3], n)
say(e, q, n, skip(ARGV[10], o + 1 - from), meta, v[4])
return {'ok', to, n}
