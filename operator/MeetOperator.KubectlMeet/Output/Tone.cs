namespace MeetOperator.KubectlMeet.Output;

/// <summary>What a color means.</summary>
internal enum Tone
{
    Plain,
    Good,
    Warning,
    Bad,
    Heading,
}
