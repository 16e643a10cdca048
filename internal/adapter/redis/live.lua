-- Live events of one attempt, each once.
-- KEYS: stream, meta.  ARGV: channel, random, maxlen, ttl in ms, producer field,
-- attempt, then for each event: n, body.  Answer: {'ok', last ord, number taken}
local ev, m = KEYS[1], KEYS[2]
local attempt, last = tonumber(ARGV[6]), -1
local v = redis.call('HMGET', m, ARGV[5], 'e', 's')
if v[1] then
  local said, n = string.match(v[1], '^(%d+):(-?%d+)$')
  if tonumber(said) > attempt then return {'ok', 0, 0} end
  if tonumber(said) == attempt then last = tonumber(n) end
end
local e, q, bodies = v[2], tonumber(v[3] or 0), {}
for i = 7, #ARGV, 2 do
  local n = tonumber(ARGV[i])
  if n > last then
    last, q = n, q + 1
    if not e then -- what is left of a stream without its meta is of another epoch
      e, q = ARGV[2], 1
      redis.call('DEL', ev)
    end
    redis.call('XADD', ev, 'MAXLEN', '~', ARGV[3], string.format('%.0f-0', q), 'd', ARGV[i + 1])
    bodies[#bodies + 1] = ARGV[i + 1]
  end
end
local n = #bodies
if n > 0 then
  redis.call('HSET', m, ARGV[5], attempt .. ':' .. last, 's', string.format('%.0f', q), 'e', e)
  if q <= n or q % 64 < n then -- now and then: it is a day long
    redis.call('PEXPIRE', ev, ARGV[4])
    redis.call('PEXPIRE', m, ARGV[4])
  end
  redis.call('PUBLISH', ARGV[1], e .. ':' .. string.format('%.0f', q - n + 1) .. ':' .. table.concat(bodies, '\n'))
end
return {'ok', 0, n}
