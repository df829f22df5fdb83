using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>The template of the latest completed rollout, to which a failed rollout returns. Absent when it is too large to be stored.</summary>
public sealed record SfuStableTemplate
{
    /// <summary>Hash of the Pod template. Written by the operator.</summary>
    [MaxLength(64)]
    public string Revision { get; init; } = string.Empty;

    /// <summary>Image of the media nodes. Written by the operator.</summary>
    [MaxLength(512)]
    public string Image { get; init; } = string.Empty;

    /// <summary>The pool's template, exposure and capacity as JSON. Written by the operator.</summary>
    [MaxLength(65_536)]
    public string Fields { get; init; } = string.Empty;
}
