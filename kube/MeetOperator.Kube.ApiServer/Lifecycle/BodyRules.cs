using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Prunes, defaults, and validates a written object, in that order.</summary>
internal static class BodyRules
{
    /// <summary>Checks that the kind and namespace of the body match the path.</summary>
    public static void CheckIdentity(JsonObject body, WriteRequest write)
    {
        var resource = write.Resource;
        var apiVersion = body.Text("apiVersion");
        var kind = body.Text("kind");
        if (kind is not null && apiVersion is not null && apiVersion != resource.ApiVersion)
        {
            throw StatusErrors.BadRequest($"the API version in the data ({apiVersion}) does not match the expected API version ({resource.ApiVersion})");
        }

        if (kind is not null && apiVersion is not null && kind != resource.Kind)
        {
            throw resource.IsCustom
                ? StatusErrors.Invalid(resource with { Kind = kind }, body.Object("metadata").Text("name") ?? string.Empty, [Cause.Invalid("kind", $"\"{kind}\"", $"must be {resource.Kind}")])
                : StatusErrors.BadRequest($"{kind} in version \"{apiVersion}\" cannot be handled as a {resource.Kind}: no kind \"{kind}\" is served here");
        }

        if ((kind is null || apiVersion is null) && resource.IsCustom)
        {
            throw StatusErrors.BadRequest("Object 'Kind' or 'apiVersion' is missing in the body");
        }

        body["apiVersion"] = resource.ApiVersion;
        body["kind"] = resource.Kind;
        if (body["metadata"] is not null and not JsonObject)
        {
            throw StatusErrors.BadRequest("json: cannot unmarshal metadata: must be an object");
        }

        var metadata = body.Ensure("metadata");
        var ns = metadata.Text("namespace");
        if (!string.IsNullOrEmpty(ns) && ns != write.Namespace)
        {
            throw StatusErrors.BadRequest(resource.Namespaced
                ? "the namespace of the provided object does not match the namespace sent on the request"
                : "namespace is not allowed on a cluster-scoped object");
        }

        metadata.Remove("namespace");
        if (write.Namespace is not null)
        {
            metadata["namespace"] = write.Namespace;
        }
    }

    /// <summary>Converts the tree into stored form and returns the field errors. Throws if fieldValidation is Strict and a field is unknown.</summary>
    public static List<Cause> PruneAndValidate(JsonObject root, WriteRequest write, bool reportUnknown)
    {
        var resource = write.Resource;
        var unknown = reportUnknown ? NewReport(write) : null;
        var causes = MetadataRules.Normalize(root.Ensure("metadata"), unknown);
        Pruner.PruneObject(root, resource.Schema, unknown);
        ReportUnknown(write, unknown);
        Defaulter.Apply(root, resource.Schema);
        causes.AddRange(SchemaValidator.Validate(root, resource.Schema));
        if (write.Subresource.Length == 0 && resource.Scale is { } scale)
        {
            causes.AddRange(scale.Check(root));
        }

        return causes;
    }

    /// <summary>
    /// Rejects a write that has field errors. Adds the errors of <paramref name="rules"/>, unless the schema errors prevent the rules from running.
    /// </summary>
    public static void ThrowIfInvalid(WriteRequest write, List<Cause> causes, Func<IEnumerable<Cause>> rules)
    {
        if (causes.Count == 0)
        {
            return;
        }

        if (!causes.Any(c => c.Reason is "FieldValueRequired" or "FieldValueNotSupported" or "FieldValueTooLong" or "FieldValueTooMany" or "FieldValueTypeInvalid"))
        {
            causes.AddRange(rules());
        }
        else if (write.Resource.Schema.HasRulesBelow)
        {
            causes.Add(Cause.Invalid(string.Empty, "null", "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"));
        }

        throw StatusErrors.Invalid(write.Resource, write.Name, causes);
    }

    /// <summary>
    /// Handles fields of an applied configuration that the schema does not define. A custom resource with such fields is rejected, whatever
    /// fieldValidation is. For built-in kinds the fields are pruned, because the schemas here are incomplete.
    /// </summary>
    public static void PruneUnknown(JsonObject applied, WriteRequest write)
    {
        var resource = write.Resource;
        var report = NewReport(write);
        var unknown = resource.IsCustom ? [] : report;
        Pruner.PruneObject(applied, resource.Schema, unknown);
        if (resource.IsCustom && unknown is { Count: > 0 })
        {
            var message = $"failed to create typed patch object ({write.Namespace}/{write.Name}; {resource.ApiVersion}, Kind={resource.Kind})";
            var errors = unknown.Select(path => $".{path}: field not declared in schema").ToArray();
            throw new StatusException(500, string.Empty, errors.Length == 1 ? $"{message}: {errors[0]}" : $"{message}: errors:\n  {string.Join("\n  ", errors)}");
        }

        ReportUnknown(write, report);
    }

    private static List<string>? NewReport(WriteRequest write) => write.FieldValidation == FieldValidation.Ignore ? null : [];

    private static void ReportUnknown(WriteRequest write, List<string>? unknown)
    {
        if (unknown is null)
        {
            return;
        }

        var problems = unknown.Select(p => $"unknown field \"{p}\"").Concat(write.DuplicateFields.Select(p => $"duplicate field \"{p}\"")).ToArray();
        if (problems.Length == 0)
        {
            return;
        }

        if (write.FieldValidation == FieldValidation.Strict)
        {
            var error = $"strict decoding error: {string.Join(", ", problems)}";
            throw write.IsPatch
                ? StatusErrors.InvalidPatch(Cause.Invalid("patch", "\"\"", error))
                : StatusErrors.BadRequest($"{write.Resource.Kind} in version \"{write.Resource.Version}\" cannot be handled as a {write.Resource.Kind}: {error}");
        }

        write.Warnings.AddRange(problems.Except(write.Warnings));
    }
}
