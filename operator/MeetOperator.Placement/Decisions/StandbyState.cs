namespace MeetOperator.Placement.Decisions;

/// <summary>Whether a media node can take over for the meeting, as the condition StandbyReady shows it.</summary>
/// <param name="IsReady">Whether there is one that does not fail together with the origin and has enough places.</param>
/// <param name="Reason">A word for the condition.</param>
/// <param name="Message">One sentence: which node it is, or what is missing.</param>
public sealed record StandbyState(bool IsReady, string Reason, string Message);
