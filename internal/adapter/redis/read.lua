-- A piece of a stream and its position, at one moment.
-- KEYS: stream, meta.  ARGV: after (-1: the newest), limit.
-- Answer: {epoch or '', run id, top, first kept, {entry id, bodies, ...}}; the
-- first entry may begin before the piece, a single one may end behind it.
local ev, m = KEYS[1], KEYS[2]
local e = redis.call('HGET', m, 'e')
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if not e then return {'', run, 0, 1, {}} end
local top = tonumber(redis.call('HGET', m, 's') or '0')
local first = top + 1
local oldest = redis.call('XRANGE', ev, '-', '+', 'COUNT', 1)
if #oldest > 0 then
  local last, more = string.match(oldest[1][1], '^(%d+)-(%d+)$')
  first = tonumber(last) - tonumber(more)
end
local after, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
if after < 0 then after = math.max(0, top - limit) end
local from = string.format('%.0f', after + 1)
local found = redis.call('XRANGE', ev, from, string.format('%.0f', after + limit))
if #found == 0 then found = redis.call('XRANGE', ev, from, '+', 'COUNT', 1) end
local out = {}
for _, x in ipairs(found) do
  out[#out + 1], out[#out + 2] = x[1], x[2][2]
end
return {e, run, top, first, out}
