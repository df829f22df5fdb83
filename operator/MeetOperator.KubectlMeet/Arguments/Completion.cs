namespace MeetOperator.KubectlMeet.Arguments;

/// <summary>Candidates for an argument: fixed words, or the names of objects.</summary>
internal readonly record struct Completion(IReadOnlyList<string> Words, NameKind Names)
{
    public static readonly Completion Nothing = new([], NameKind.None);

    public static Completion Of(params string[] words) => new(words, NameKind.None);

    public static Completion Of(NameKind names) => new([], names);
}

/// <summary>Kinds whose names are completed.</summary>
internal enum NameKind
{
    None,
    Meetings,
    Nodes,
    Pools,
}
