-- Durable events of one session, strictly in the order of their ord.
-- KEYS: stream, meta.  ARGV: channel, random, maxlen, ttl in ms, first (0|1),
-- then for each event: ord, producer field ('' outside of steps), attempt, body.
-- Answer: {'ok'|'hole'|'fresh', last ord, number taken}
local ev, m = KEYS[1], KEYS[2]
local o = redis.call('HGET', m, 'o')
if not o and ARGV[5] == '0' then return {'fresh', 0, 0} end
o = tonumber(o or -1)
local known = o >= 0
local status, bodies, first, e = 'ok', {}, 0, nil
for i = 6, #ARGV, 4 do
  local ord = tonumber(ARGV[i])
  if known and ord > o + 1 then status = 'hole' break end
  if not known or ord == o + 1 then
    known, o = true, ord
    if not e then
      e = redis.call('HGET', m, 'e')
      if not e then -- what is left of a stream without its meta is of another epoch
        e = ARGV[2]
        redis.call('DEL', ev)
        redis.call('HSET', m, 'e', e)
      end
    end
    local q = redis.call('HINCRBY', m, 's', 1)
    redis.call('XADD', ev, 'MAXLEN', '~', ARGV[3], q .. '-0', 'd', ARGV[i + 3])
    if #bodies == 0 then first = q end
    bodies[#bodies + 1] = ARGV[i + 3]
    if ARGV[i + 1] ~= '' then
      local a = redis.call('HGET', m, ARGV[i + 1])
      if not a or tonumber(string.match(a, '^%d+')) < tonumber(ARGV[i + 2]) then
        redis.call('HSET', m, ARGV[i + 1], ARGV[i + 2] .. ':-1')
      end
    end
  end
end
if #bodies > 0 then
  redis.call('HSET', m, 'o', o)
  redis.call('PEXPIRE', ev, ARGV[4])
  redis.call('PEXPIRE', m, ARGV[4])
  redis.call('PUBLISH', ARGV[1], e .. ':' .. first .. ':' .. table.concat(bodies, '\n'))
end
return {status, o, #bodies}
