using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Errors;

/// <summary>Creates the errors of the Kubernetes API, with the same messages as apimachinery pkg/api/errors.</summary>
internal static class StatusErrors
{
    public static StatusException NotFound(ResourceDefinition resource, string name) =>
        new(404, "NotFound", $"{resource.GroupResource} \"{name}\" not found", Details(resource, name));

    public static StatusException PathNotFound() => new(404, "NotFound", "the server could not find the requested resource", new JsonObject());

    public static StatusException AlreadyExists(ResourceDefinition resource, string name) =>
        new(409, "AlreadyExists", $"{resource.GroupResource} \"{name}\" already exists", Details(resource, name));

    public static StatusException Conflict(ResourceDefinition resource, string name, string message) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {resource.GroupResource} \"{name}\": {message}", Details(resource, name));

    /// <summary>409 for a failed precondition of a delete. Like the API server, it names the kind instead of the resource.</summary>
    public static StatusException Precondition(ResourceDefinition resource, string name, string message)
    {
        var details = Details(resource, name);
        details["kind"] = resource.Kind;
        return new(409, "Conflict", $"Operation cannot be fulfilled on {resource.GroupKind} \"{name}\": {message}", details);
    }

    public static StatusException StaleVersion(ResourceDefinition resource, string name) =>
        Conflict(resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

    public static StatusException Forbidden(ResourceDefinition resource, string name, string message) =>
        new(403, "Forbidden", $"{resource.GroupResource} \"{name}\" is forbidden: {message}", Details(resource, name));

    public static StatusException Expired(string message) => new(410, "Expired", message);

    /// <summary>410 for a page whose version has expired; <paramref name="token"/> continues the list with the current state.</summary>
    public static StatusException ExpiredPage(string token) => new(
        410,
        "Expired",
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
        continueToken: token);

    /// <summary>422 for invalid CreateOptions, PatchOptions, and so on, from the query or the body.</summary>
    public static StatusException InvalidOptions(string kind, Cause cause) => new(422, "Invalid", $"{kind}.meta.k8s.io \"\" is invalid: {cause}", new JsonObject
    {
        ["group"] = "meta.k8s.io",
        ["kind"] = kind,
        ["causes"] = new JsonArray(cause.ToJson()),
    });

    /// <summary>422 for an invalid object that results from a patch.</summary>
    public static StatusException InvalidPatch(Cause cause) => new(422, "Invalid", $" \"\" is invalid: {cause}", new JsonObject { ["causes"] = new JsonArray(cause.ToJson()) });

    /// <summary>405 for a verb that the resource or subresource does not support.</summary>
    public static StatusException NotSupported(ResourceDefinition resource, string verb) =>
        new(405, "MethodNotAllowed", $"{verb} is not supported on resources of kind \"{resource.GroupResource}\"", Details(resource, string.Empty));

    public static StatusException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());

    public static StatusException UnsupportedMediaType(string message) => new(415, "UnsupportedMediaType", message);

    /// <summary>422 with the field errors as causes; the message follows field.ErrorList.ToAggregate.</summary>
    public static StatusException Invalid(ResourceDefinition resource, string name, IReadOnlyList<Cause> causes)
    {
        var joined = causes.Count == 1 ? causes[0].ToString() : $"[{string.Join(", ", causes.Select(c => c.ToString()).Distinct())}]";
        var details = Details(resource, name);
        details["kind"] = resource.Kind;
        details["causes"] = new JsonArray([.. causes.Select(c => (JsonNode)c.ToJson())]);
        return new StatusException(422, "Invalid", $"{resource.GroupKind} \"{name}\" is invalid: {joined}", details);
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
