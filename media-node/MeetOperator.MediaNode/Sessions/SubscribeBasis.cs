namespace MeetOperator.MediaNode.Sessions;

/// <summary>What a new subscribe session depends on.</summary>
/// <param name="Context">What all sessions of the participant share. It is another one after the participant has left and come back.</param>
/// <param name="NeedsSession">Whether a session must be opened. Otherwise the participant has one, whose offer is the answer.</param>
/// <param name="IsTunnel">Whether that session uses a tunnel.</param>
internal sealed record SubscribeBasis(SessionContext Context, bool NeedsSession, bool IsTunnel = false);
