-- A piece of a stream and its position, at one moment.
-- KEYS: stream, meta.  ARGV: after (-1: the newest), limit.
-- Answer: {epoch or '', run id, top, first kept, {seq, body, seq, body, ...}}
local ev, m = KEYS[1], KEYS[2]
local e = redis.call('HGET', m, 'e')
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if not e then return {'', run, 0, 1, {}} end
local top = tonumber(redis.call('HGET', m, 's') or '0')
local first = top + 1
local oldest = redis.call('XRANGE', ev, '-', '+', 'COUNT', 1)
if #oldest > 0 then first = tonumber(string.match(oldest[1][1], '^%d+')) end
local after, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
if after < 0 then after = math.max(0, top - limit) end
local out = {}
for _, x in ipairs(redis.call('XRANGE', ev, string.format('%.0f-1', after), '+', 'COUNT', limit)) do
  out[#out + 1] = tonumber(string.match(x[1], '^%d+'))
  out[#out + 1] = x[2][2]
end
return {e, run, top, first, out}
