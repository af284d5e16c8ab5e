-- Makes and drops many small trees while a large one lives: binarytrees.lua DEPTH. Mostly allocation and collection.
local depth = tonumber(arg[1])

local function tree(d)
  if d == 0 then return {} end
  return { tree(d - 1), tree(d - 1) }
end

local function count(t)
  if not t[1] then return 1 end
  return 1 + count(t[1]) + count(t[2])
end

local long_lived = tree(depth)
for d = 4, depth, 4 do
  local n, nodes = 1 << (depth - d), 0
  for _ = 1, n do nodes = nodes + count(tree(d)) end
  print(n, d, nodes)
end
print(count(long_lived))
