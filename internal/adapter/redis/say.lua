-- Begins both publications. ARGV begins with channel, random, keep, ttl in ms, the
-- hour that it is; q is the seq of the last of n bodies.

-- The epoch and the seq that n more bodies reach. What is left of a stream
-- without its meta is of another epoch.
local function reach(e, s, n)
  if e then return e, tonumber(s) + n end
  redis.call('DEL', KEYS[1])
  return ARGV[2], n
end

-- The bodies without the first so many.
local function skip(bodies, said)
  local at = 1
  for _ = 1, said do at = string.find(bodies, '\n', at, true) + 1 end
  return at > 1 and string.sub(bodies, at) or bodies
end

-- Keeps the bodies as one entry <q>-<n - 1>, sets meta (its key and what begins
-- to differ), and announces them. The keys live from their newest event on, which
-- may be the only one in a day: their time is set in the first of each hour, h
-- being that of the one before.
local function say(e, q, n, bodies, meta, h)
  local top = string.format('%.0f', q)
  redis.call('XADD', KEYS[1], top .. '-' .. (n - 1), 'd', bodies)
  local i = #meta
  meta[i + 1], meta[i + 2], meta[i + 3], meta[i + 4] = 's', top, 'e', e
  if h ~= ARGV[5] then meta[i + 5], meta[i + 6] = 'h', ARGV[5] end
  redis.call('HSET', unpack(meta))
  if h ~= ARGV[5] then
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    redis.call('PEXPIRE', KEYS[2], ARGV[4])
  end
  if q % 64 < n then -- now and then
    local old = q - tonumber(ARGV[3])
    if old > 0 then redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', old + 1)) end
  end
  redis.call('PUBLISH', ARGV[1], e .. ':' .. string.format('%.0f', q - n + 1) .. ':' .. bodies)
end
