-- Gravitation between five bodies, each a table: nbody.lua STEPS.
local bodies = {}
for i = 0, 4 do
  bodies[#bodies + 1] = {
    x = i * 1.5, y = i * i * 0.25, z = 1 / (i + 1),
    vx = 0.1 * i, vy = -0.2 * i, vz = 0.05,
    mass = i == 0 and 10 or 0.01 * i,
  }
end

local function attract(a, b, dt)
  local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
  local r2 = dx * dx + dy * dy + dz * dz + 0.01
  local force = dt / (r2 * math.sqrt(r2))
  a.vx, a.vy, a.vz = a.vx - dx * b.mass * force, a.vy - dy * b.mass * force, a.vz - dz * b.mass * force
  b.vx, b.vy, b.vz = b.vx + dx * a.mass * force, b.vy + dy * a.mass * force, b.vz + dz * a.mass * force
end

for _ = 1, tonumber(arg[1]) do
  for i = 1, #bodies do
    for j = i + 1, #bodies do attract(bodies[i], bodies[j], 0.001) end
  end
  for _, b in ipairs(bodies) do
    b.x, b.y, b.z = b.x + 0.001 * b.vx, b.y + 0.001 * b.vy, b.z + 0.001 * b.vz
  end
end
print(string.format("%a %a", bodies[1].x, bodies[5].z))
