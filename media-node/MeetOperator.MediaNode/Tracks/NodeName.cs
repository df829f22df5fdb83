namespace MeetOperator.MediaNode.Tracks;

/// <summary>The name of the media node in a meeting, which all parts of its room have in common. Safe for concurrent use.</summary>
internal sealed class NodeName
{
    private volatile string _value = "";

    /// <summary>As <c>namespace/name</c>; empty before a link to another media node names it.</summary>
    public string Value
    {
        get => _value;
        set => _value = value;
    }
}
