using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>metav1.DeleteOptions, read from the body or the query.</summary>
internal sealed record DeleteOptions
{
    public long? GracePeriodSeconds { get; init; }
    public Propagation? Propagation { get; init; }
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    public bool DryRun { get; init; }

    public static DeleteOptions Read(JsonObject? body, Func<string, string?> query)
    {
        var preconditions = body.Object("preconditions");
        var grace = body.Integer("gracePeriodSeconds") ?? (long.TryParse(query("gracePeriodSeconds"), out var seconds) ? seconds : null);
        var policy = body.Text("propagationPolicy") ?? query("propagationPolicy");
        if (body.Flag("orphanDependents"))
        {
            policy ??= "Orphan";
        }

        return new DeleteOptions
        {
            GracePeriodSeconds = grace,
            Propagation = policy switch
            {
                null or "" => null,
                "Background" => Lifecycle.Propagation.Background,
                "Foreground" => Lifecycle.Propagation.Foreground,
                "Orphan" => Lifecycle.Propagation.Orphan,
                _ => throw StatusErrors.InvalidOptions("DeleteOptions", Cause.NotSupported("propagationPolicy", $"\"{policy}\"", ["\"Foreground\"", "\"Background\"", "\"Orphan\"", "\"nil\""])),
            },
            Uid = preconditions.Text("uid"),
            ResourceVersion = preconditions.Text("resourceVersion"),
            DryRun = body.Array("dryRun") is { Count: > 0 } || query("dryRun") is { Length: > 0 },
        };
    }
}

/// <summary>The deletion propagation policy: what happens to the dependents of a deleted owner.</summary>
internal enum Propagation
{
    Background,
    Foreground,
    Orphan,
}
