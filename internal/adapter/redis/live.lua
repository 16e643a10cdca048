-- Live events of one attempt, each once.
-- KEYS: stream, meta.  ARGV: channel, random, keep, ttl in ms, hour, producer
-- field, attempt, how many, first n, last n, all n rising (spaces between), bodies
-- (a line each).  Answer: {'ok', last ord, number taken}
local attempt, said = tonumber(ARGV[7]), 0
local v = redis.call('HMGET', KEYS[2], ARGV[6], 'e', 's', 'h')
if v[1] then
  local spoke, last = string.match(v[1], '^(%d+):(-?%d+)$')
  spoke, last = tonumber(spoke), tonumber(last)
  if spoke > attempt then return {'ok', 0, 0} end
  if spoke == attempt and tonumber(ARGV[9]) <= last then
    for x in string.gmatch(ARGV[11], '%d+') do
      if tonumber(x) > last then break end
      said = said + 1
    end
  end
end
local n = tonumber(ARGV[8]) - said
if n == 0 then return {'ok', 0, 0} end
local e, q = reach(v[2], v[3], n)
say(e, q, n, skip(ARGV[12], said), {KEYS[2], ARGV[6], ARGV[7] .. ':' .. ARGV[10]}, v[4])
return {'ok', 0, n}
