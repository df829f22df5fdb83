namespace MeetOperator.Signaling.Protocol;

/// <summary>Why a way to a media node does not work.</summary>
public enum PathFailureReason
{
    /// <summary>Checks got no response from the media node. On the way through a relay, the relay works.</summary>
    Unanswered,

    /// <summary>Nothing answers at the relay, or signaling does not reach the media node of a tunnel.</summary>
    Unreachable,

    /// <summary>The relay does not accept the credentials.</summary>
    Credentials,

    /// <summary>The participant or the relay has too many allocations.</summary>
    Quota,

    /// <summary>The relay refuses for another reason.</summary>
    Refused,

    /// <summary>Tenant or pool deny tunnels, or the meeting is encrypted end to end.</summary>
    Denied,

    /// <summary>There are too many tunnels.</summary>
    Limit,

    /// <summary>The tunnel broke after it had opened.</summary>
    Closed,
}
