namespace MeetOperator.KubectlMeet.Placing;

/// <summary>Why a meeting is where it is.</summary>
internal sealed record WhyReport
{
    public required string Meeting { get; init; }
    public required string Phase { get; init; }

    /// <summary>The media nodes that carry the meeting; empty while none does.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    /// <summary>The role of each of them, and its state unless it is Ready.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>The operator's own words at the last placement; null if its event is gone or not readable.</summary>
    public string? Decision { get; init; }
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>The state of the meeting in the words of its conditions.</summary>
    public string? Message { get; init; }

    /// <summary>What the meeting requires of a media node.</summary>
    public required IReadOnlyList<string> Requirements { get; init; }
    public required IReadOnlyList<Candidate> Candidates { get; init; }
    public required IReadOnlyList<string> NotKnown { get; init; }
}

/// <summary>A media node and what it lacks for a meeting.</summary>
/// <param name="Node">Namespace and name.</param>
/// <param name="Pool">Name of its pool, in the same namespace.</param>
/// <param name="IsCurrent">Whether it carries the meeting.</param>
/// <param name="Lacks">Every reason why it could not take the meeting; empty if it could.</param>
internal sealed record Candidate(string Node, string Pool, bool IsCurrent, IReadOnlyList<string> Lacks);
