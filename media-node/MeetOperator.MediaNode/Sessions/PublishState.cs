using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>The state of an open session that its next answer depends on.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Number">Its number for the origin line.</param>
/// <param name="Version">The version of its last answer.</param>
/// <param name="Local">The node's ICE credentials.</param>
/// <param name="Remote">The client's ICE credentials.</param>
internal sealed record PublishState(string SessionId, long Number, int Version, IceCredentials Local, IceCredentials? Remote);
