/**
 * One atomic step over all windows of a request. KEYS: the reservation, then a window each. ARGV: number of windows,
 * then for each: quota, amount, atLeast, counts tokens (1) or requests (0), expiry (Unix ms), seed: what an absent window
 * begins at, -2 when that is not known yet. The last of ARGV is the reservation's expiry.
 * Answers {0} when a window must be seeded first, {1, granted, used…} when taken, {2, used…} when denied.
 */
export const takeScript = `
local n = tonumber(ARGV[1])
local used, grants = {}, {}
local granted = -1
local denied = false
for i = 1, n do
  local base = 1 + (i - 1) * 6
  local quota, amount, least = tonumber(ARGV[base + 1]), tonumber(ARGV[base + 2]), tonumber(ARGV[base + 3])
  local current = redis.call('GET', KEYS[i + 1])
  if not current then
    local seed = tonumber(ARGV[base + 6])
    if seed == -2 then return {0} end
    if seed > 0 then redis.call('SET', KEYS[i + 1], string.format('%.0f', seed), 'PXAT', ARGV[base + 5]) end
    current = seed > 0 and seed or 0
  end
  used[i] = tonumber(current)
  local left = quota - used[i]
  local grant = amount
  if amount > left then
    if left >= least then grant = left else denied = true end
  end
  grants[i] = grant
  if ARGV[base + 4] == '1' and (granted < 0 or grant < granted) then granted = grant end
end
local reply = {denied and 2 or 1}
if not denied then reply[2] = string.format('%.0f', granted < 0 and 0 or granted) end
for i = 1, n do
  local base = 1 + (i - 1) * 6
  local now = used[i]
  if not denied then
    local taken = ARGV[base + 4] == '1' and granted or grants[i]
    now = redis.call('INCRBY', KEYS[i + 1], string.format('%.0f', taken))
    redis.call('PEXPIREAT', KEYS[i + 1], ARGV[base + 5])
  end
  reply[#reply + 1] = string.format('%.0f', now)
end
if not denied then redis.call('SET', KEYS[1], '1', 'PXAT', ARGV[#ARGV]) end
return reply
`;

/**
 * Corrects a reservation once. KEYS: the reservation, then its token windows. ARGV: the change for each.
 * A window that has expired meanwhile is left alone. Answers 1 when it was settled now, 0 when it had been before.
 */
export const settleScript = `
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    local now = redis.call('INCRBY', KEYS[i], ARGV[i - 1])
    if now < 0 then redis.call('SET', KEYS[i], '0', 'KEEPTTL') end
  end
end
return 1
`;
