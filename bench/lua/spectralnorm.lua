-- The largest singular value of an infinite matrix cut off at N, by the power method: spectralnorm.lua N.
local n = tonumber(arg[1])

local function entry(i, j)
  local k = i + j
  return 1 / (k * (k + 1) / 2 + i + 1)
end

local function multiply(v, transposed)
  local out = {}
  for i = 0, n - 1 do
    local sum = 0
    for j = 0, n - 1 do
      sum = sum + v[j] * (transposed and entry(j, i) or entry(i, j))
    end
    out[i] = sum
  end
  return out
end

local u, v = {}, nil
for i = 0, n - 1 do u[i] = 1 end
for _ = 1, 10 do
  v = multiply(multiply(u, false), true)
  u = multiply(multiply(v, false), true)
end
local uv, vv = 0, 0
for i = 0, n - 1 do
  uv = uv + u[i] * v[i]
  vv = vv + v[i] * v[i]
end
print(string.format("%a", math.sqrt(uv / vv)))
