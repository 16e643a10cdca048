-- Live events of one attempt, each once.
-- KEYS: stream, meta.  ARGV: channel, random, keep, ttl in ms, producer field,
-- attempt, how many, first n, last n, all n rising (spaces between), bodies (a
-- line each).  Answer: {'ok', last ord, number taken}
local attempt, said = tonumber(ARGV[6]), 0
local v = redis.call('HMGET', KEYS[2], ARGV[5], 'e', 's')
if v[1] then
  local spoke, last = string.match(v[1], '^(%d+):(-?%d+)$')
  spoke, last = tonumber(spoke), tonumber(last)
  if spoke > attempt then return {'ok', 0, 0} end
  if spoke == attempt and tonumber(ARGV[8]) <= last then
    for x in string.gmatch(ARGV[10], '%d+') do
      if tonumber(x) > last then break end
      said = said + 1
    end
  end
end
local n = tonumber(ARGV[7]) - said
if n == 0 then return {'ok', 0, 0} end
local e, q = reach(v[2], v[3], n)
say(e, q, n, skip(ARGV[11], said), {KEYS[2], ARGV[5], ARGV[6] .. ':' .. ARGV[9]})
return {'ok', 0, n}
