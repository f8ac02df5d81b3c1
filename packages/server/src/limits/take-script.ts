/**
 * One atomic step over all windows of a request. KEYS: the reservation, then a window each. ARGV: number of windows,
 * then for each: quota, amount, atLeast, counts tokens (1) or requests (0), life of its key (ms), seed: what an absent
 * window begins at, -1 at nothing, -2 when that is not known yet. The last of ARGV is the life of the reservation (ms),
 * 0 when there is nothing to settle. Lives are relative, so that the clock of the server does not matter.
 * The reservation keeps what was granted, so that whoever settles it needs only its id.
 * Answers {0} when a window must be seeded first, {1, granted, used…} when taken, {2, used…} when denied, {3} when the
 * reservation was given up before it came.
 */
export const takeScript = `
local n = tonumber(ARGV[1])
local reservationLife = ARGV[#ARGV]
if reservationLife ~= '0' and redis.call('EXISTS', KEYS[1]) == 1 then return {3} end
local used, grants, absent = {}, {}, {}
local granted = -1
local denied = false
for i = 1, n do
  local base = 1 + (i - 1) * 6
  local quota, amount, least = tonumber(ARGV[base + 1]), tonumber(ARGV[base + 2]), tonumber(ARGV[base + 3])
  local current = redis.call('GET', KEYS[i + 1])
  if not current then
    local seed = tonumber(ARGV[base + 6])
    if seed == -2 then return {0} end
    current = 0
    if seed >= 0 then
      current = seed
      redis.call('SET', KEYS[i + 1], string.format('%.0f', seed), 'PX', ARGV[base + 5])
    else
      absent[i] = true
    end
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
if granted < 0 then granted = 0 end
if not denied then reply[2] = string.format('%.0f', granted) end
for i = 1, n do
  local base = 1 + (i - 1) * 6
  local now = used[i]
  if not denied then
    local taken = ARGV[base + 4] == '1' and granted or grants[i]
    now = redis.call('INCRBY', KEYS[i + 1], string.format('%.0f', taken))
    if absent[i] then redis.call('PEXPIRE', KEYS[i + 1], ARGV[base + 5]) end
  end
  reply[#reply + 1] = string.format('%.0f', now)
end
if not denied and reservationLife ~= '0' then
  redis.call('SET', KEYS[1], string.format('%.0f', granted), 'PX', reservationLife)
end
return reply
`;

/**
 * Corrects a reservation once. KEYS: the reservation, then its token windows. ARGV: what was really used, and for a take
 * whose answer never came how long (ms) a late arrival of it is refused, else 0.
 * A window that has expired meanwhile is left alone. Answers 1 when it was settled now, 0 when there was nothing to do.
 */
export const settleScript = `
local held = redis.call('GET', KEYS[1])
if not held or held == 'void' then
  if ARGV[2] ~= '0' then redis.call('SET', KEYS[1], 'void', 'PX', ARGV[2]) end
  return 0
end
redis.call('DEL', KEYS[1])
local change = string.format('%.0f', tonumber(ARGV[1]) - tonumber(held))
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    local now = redis.call('INCRBY', KEYS[i], change)
    if now < 0 then redis.call('SET', KEYS[i], '0', 'KEEPTTL') end
  end
end
return 1
`;
