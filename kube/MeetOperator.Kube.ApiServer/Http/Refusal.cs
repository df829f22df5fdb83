using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>The refusals of the Kubernetes API with the messages that its clients know (apimachinery pkg/api/errors).</summary>
internal static class Refusal
{
    public static StatusException NotFound(ResourceDefinition resource, string name) =>
        new(404, "NotFound", $"{resource.GroupResource} \"{name}\" not found", Details(resource, name));

    public static StatusException PathNotFound() => new(404, "NotFound", "the server could not find the requested resource", new JsonObject());

    public static StatusException AlreadyExists(ResourceDefinition resource, string name) =>
        new(409, "AlreadyExists", $"{resource.GroupResource} \"{name}\" already exists", Details(resource, name));

    public static StatusException Conflict(ResourceDefinition resource, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {resource.GroupResource} \"{name}\": {why}", Details(resource, name));

    public static StatusException StaleVersion(ResourceDefinition resource, string name) =>
        Conflict(resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

    public static StatusException Forbidden(ResourceDefinition resource, string name, string why) =>
        new(403, "Forbidden", $"{resource.GroupResource} \"{name}\" is forbidden: {why}", Details(resource, name));

    public static StatusException Expired(string message) => new(410, "Expired", message);

    public static StatusException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());

    public static StatusException UnsupportedMediaType(string message) => new(415, "UnsupportedMediaType", message);

    /// <summary>422 with one cause a finding, in the words of field.ErrorList.ToAggregate.</summary>
    public static StatusException Invalid(ResourceDefinition resource, string name, IReadOnlyList<Cause> causes)
    {
        var joined = causes.Count == 1 ? causes[0].ToString() : $"[{string.Join(", ", causes.Select(c => c.ToString()).Distinct())}]";
        var details = Details(resource, name);
        details["kind"] = resource.Kind;
        details["causes"] = new JsonArray([.. causes.Select(c => (JsonNode)c.ToJson())]);
        var kind = resource.Group.Length == 0 ? resource.Kind : $"{resource.Kind}.{resource.Group}";
        return new StatusException(422, "Invalid", $"{kind} \"{name}\" is invalid: {joined}", details);
    }

    private static JsonObject Details(ResourceDefinition resource, string name)
    {
        var details = new JsonObject();
        if (name.Length > 0)
        {
            details["name"] = name;
        }

        if (resource.Group.Length > 0)
        {
            details["group"] = resource.Group;
        }

        details["kind"] = resource.Plural;
        return details;
    }
}
