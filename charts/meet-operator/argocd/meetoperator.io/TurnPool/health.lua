-- Health of a TurnPool: progressing while relays are created or replaced, degraded when it needs intervention.
local health = { status = "Progressing", message = "the operator has not reconciled it yet" }
local status = obj.status
if status == nil or status.conditions == nil then
  return health
end
if obj.metadata.deletionTimestamp ~= nil then
  health.message = status.message or "its relays are being deleted"
  return health
end
if status.observedGeneration ~= nil and obj.metadata.generation ~= nil and status.observedGeneration ~= obj.metadata.generation then
  health.message = "the operator has not observed the last change yet"
  return health
end
health.message = status.message or ""
local by = {}
for _, condition in ipairs(status.conditions) do
  by[condition.type] = condition.status
end
if by.Stalled == "True" then
  health.status = "Degraded"
elseif by.Ready == "True" and by.Reconciling ~= "True" then
  health.status = "Healthy"
end
return health
