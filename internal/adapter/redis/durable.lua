-- Durable events of one session, strictly in the order of their ord.
-- KEYS: stream, meta.  ARGV: channel, random, maxlen, ttl in ms, first (0|1),
-- then for each event: ord, producer field ('' outside of steps), attempt, body.
-- Answer: {'ok'|'hole'|'fresh', last ord, number taken}
local ev, m = KEYS[1], KEYS[2]
local v = redis.call('HMGET', m, 'o', 'e', 's')
if not v[1] and ARGV[5] == '0' then return {'fresh', 0, 0} end
local o, e, q = tonumber(v[1] or -1), v[2], tonumber(v[3] or 0)
local known, status, bodies, fenced = o >= 0, 'ok', {}, ''
for i = 6, #ARGV, 4 do
  local ord = tonumber(ARGV[i])
  if known and ord > o + 1 then status = 'hole' break end
  if not known or ord == o + 1 then
    known, o, q = true, ord, q + 1
    if not e then -- what is left of a stream without its meta is of another epoch
      e, q = ARGV[2], 1
      redis.call('DEL', ev)
    end
    redis.call('XADD', ev, 'MAXLEN', '~', ARGV[3], string.format('%.0f-0', q), 'd', ARGV[i + 3])
    bodies[#bodies + 1] = ARGV[i + 3]
    local field, fence = ARGV[i + 1], ARGV[i + 1] .. ARGV[i + 2]
    if field ~= '' and fence ~= fenced then
      fenced = fence
      local a = redis.call('HGET', m, field)
      if not a or tonumber(string.match(a, '^%d+')) < tonumber(ARGV[i + 2]) then
        redis.call('HSET', m, field, ARGV[i + 2] .. ':-1')
      end
    end
  end
end
local n = #bodies
if n > 0 then
  redis.call('HSET', m, 'o', string.format('%.0f', o), 's', string.format('%.0f', q), 'e', e)
  if q <= n or q % 64 < n then -- now and then: it is a day long
    redis.call('PEXPIRE', ev, ARGV[4])
    redis.call('PEXPIRE', m, ARGV[4])
  end
  redis.call('PUBLISH', ARGV[1], e .. ':' .. string.format('%.0f', q - n + 1) .. ':' .. table.concat(bodies, '\n'))
end
return {status, o, n}
