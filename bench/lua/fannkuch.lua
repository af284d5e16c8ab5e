-- The most reversals of a prefix that a permutation of N needs until 1 is first: fannkuch.lua N.
local n = tonumber(arg[1])

local function reversals(permutation)
  local p, count = { table.unpack(permutation) }, 0
  while p[1] ~= 1 do
    local i, j = 1, p[1]
    while i < j do
      p[i], p[j] = p[j], p[i]
      i, j = i + 1, j - 1
    end
    count = count + 1
  end
  return count
end

local most, checksum, sign = 0, 0, 1
local p = {}
for i = 1, n do p[i] = i end

-- All permutations, each by one exchange from the one before (Heap's method).
local function visit()
  local count = reversals(p)
  if count > most then most = count end
  checksum = checksum + sign * count
  sign = -sign
end

local function permute(k)
  if k == 1 then return visit() end
  for i = 1, k do
    permute(k - 1)
    if i < k then
      local j = k % 2 == 0 and i or 1
      p[j], p[k] = p[k], p[j]
    end
  end
end

permute(n)
print(most, checksum)
