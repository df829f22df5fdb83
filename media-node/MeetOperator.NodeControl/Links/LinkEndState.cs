namespace MeetOperator.NodeControl.Links;

/// <summary>The state of one end of a link (<c>docs/relay.md</c>, States). A closed link is not reported.</summary>
public enum LinkEndState
{
    /// <summary>There was no session so far.</summary>
    Opening,

    /// <summary>Both directions work.</summary>
    Up,

    /// <summary>There was a session, and the other end does not answer now.</summary>
    Broken,
}
