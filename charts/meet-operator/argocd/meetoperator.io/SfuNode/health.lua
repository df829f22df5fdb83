-- Health of an SfuNode: cordoned is suspended, draining is progressing, not responding is degraded.
local health = { status = "Progressing", message = "the operator has not reconciled it yet" }
local status = obj.status
if status == nil or status.conditions == nil then
  return health
end
if obj.metadata.deletionTimestamp ~= nil then
  health.message = status.message or "its meetings are being moved to other nodes"
  return health
end
if status.observedGeneration ~= nil and obj.metadata.generation ~= nil and status.observedGeneration ~= obj.metadata.generation then
  health.message = "the operator has not observed the last change yet"
  return health
end
health.message = status.message or ""
local ready = ""
for _, condition in ipairs(status.conditions) do
  if condition.type == "Ready" then
    ready = condition.status
  end
end
if status.state == "Unhealthy" then
  health.status = "Degraded"
elseif ready == "True" then
  health.status = "Healthy"
elseif obj.spec.unschedulable == true and (status.state == "Ready" or status.state == "Allocated") then
  health.status = "Suspended"
end
return health
