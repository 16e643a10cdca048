-- Live events of one attempt, each once.
-- KEYS: stream, meta.  ARGV: channel, random, maxlen, ttl in ms, producer field,
-- attempt, then for each event: n, body.  Answer: {'ok', last ord, number taken}
local ev, m = KEYS[1], KEYS[2]
local field, attempt = ARGV[5], tonumber(ARGV[6])
local last = -1
local a = redis.call('HGET', m, field)
if a then
  local said, n = string.match(a, '^(%d+):(-?%d+)$')
  if tonumber(said) > attempt then return {'ok', 0, 0} end
  if tonumber(said) == attempt then last = tonumber(n) end
end
local bodies, first, e = {}, 0, nil
for i = 7, #ARGV, 2 do
  local n = tonumber(ARGV[i])
  if n > last then
    last = n
    if not e then
      e = redis.call('HGET', m, 'e')
      if not e then
        e = ARGV[2]
        redis.call('DEL', ev)
        redis.call('HSET', m, 'e', e)
      end
    end
    local q = redis.call('HINCRBY', m, 's', 1)
    redis.call('XADD', ev, 'MAXLEN', '~', ARGV[3], q .. '-0', 'd', ARGV[i + 1])
    if #bodies == 0 then first = q end
    bodies[#bodies + 1] = ARGV[i + 1]
  end
end
if #bodies > 0 then
  redis.call('HSET', m, field, attempt .. ':' .. last)
  redis.call('PEXPIRE', ev, ARGV[4])
  redis.call('PEXPIRE', m, ARGV[4])
  redis.call('PUBLISH', ARGV[1], e .. ':' .. first .. ':' .. table.concat(bodies, '\n'))
end
return {'ok', 0, #bodies}
