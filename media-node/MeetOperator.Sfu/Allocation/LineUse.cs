namespace MeetOperator.Sfu.Allocation;

/// <summary>What one receiver gets of its line.</summary>
/// <param name="BitsPerSecond">What its videos take.</param>
/// <param name="EstimatedBitsPerSecond">What the line is known to take for this receiver.</param>
/// <param name="WantedBitsPerSecond">What its videos would take in the best quality that it can show.</param>
/// <param name="NextBitsPerSecond">What its videos would take with the smallest possible improvement; 0 when there is none.</param>
internal readonly record struct LineUse(long BitsPerSecond, long EstimatedBitsPerSecond, long WantedBitsPerSecond, long NextBitsPerSecond)
{
    /// <summary>Whether more would be sent if the line took it.</summary>
    public bool IsLimited => NextBitsPerSecond > 0;
}
