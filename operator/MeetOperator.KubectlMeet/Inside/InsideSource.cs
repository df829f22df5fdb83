using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;

namespace MeetOperator.KubectlMeet.Inside;

/// <summary>What the Pod of a check takes over from the operator's Pod, whose image contains this program.</summary>
internal sealed record InsideSource
{
    public required string Namespace { get; init; }

    public required string Image { get; init; }

    public string? PullPolicy { get; init; }

    public IList<LocalObjectReference>? PullSecrets { get; init; }

    public IDictionary<string, string>? NodeSelector { get; init; }

    public IList<Toleration>? Tolerations { get; init; }

    /// <summary>Name of the Secret with the secrets of relays.</summary>
    public required string TurnSecret { get; init; }

    /// <summary>That of a ready operator, or of any if none is. Null if none has an image.</summary>
    /// <param name="operators">The operator's Pods.</param>
    public static InsideSource? Of(IEnumerable<Pod> operators) => operators
        .OrderByDescending(IsReady)
        .ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal)
        .Select(pod => pod.Spec.Containers is [{ Image: { } image } container, ..]
            ? new InsideSource
            {
                Namespace = pod.Metadata.Namespace!,
                Image = image,
                PullPolicy = container.ImagePullPolicy,
                PullSecrets = pod.Spec.ImagePullSecrets,
                NodeSelector = pod.Spec.NodeSelector,
                Tolerations = pod.Spec.Tolerations,
                TurnSecret = container.Env?.FirstOrDefault(variable => variable.Name == "MEET_TURN_SECRET")?.Value ?? TurnRecord.SecretName,
            }
            : null)
        .OfType<InsideSource>()
        .FirstOrDefault();

    private static bool IsReady(Pod pod) => pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
}
