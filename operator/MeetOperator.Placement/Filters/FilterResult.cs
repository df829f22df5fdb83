namespace MeetOperator.Placement.Filters;

/// <summary>Either a pass or a rejection with its reason.</summary>
internal readonly record struct FilterResult(string? Reason)
{
    public static readonly FilterResult Pass = new(null);

    public bool IsAccepted => Reason is null;

    public static FilterResult Reject(string reason) => new(reason);
}
