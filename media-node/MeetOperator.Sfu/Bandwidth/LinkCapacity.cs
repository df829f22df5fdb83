namespace MeetOperator.Sfu.Bandwidth;

/// <summary>The mean and deviation of the rates that arrived while the line was full. Near it the estimate grows in small steps.</summary>
internal struct LinkCapacity
{
    private const double OveruseWeight = 0.05;
    private const double MinDeviation = 0.4;
    private const double MaxDeviation = 2.5;

    private double _kilobits;
    private double _deviation;

    public readonly bool IsKnown => _kilobits > 0;

    public readonly long BitsPerSecond => (long)(_kilobits * 1000);

    public readonly double UpperBitsPerSecond => (_kilobits + (3 * Spread)) * 1000;

    public readonly double LowerBitsPerSecond => Math.Max(0, (_kilobits - (3 * Spread)) * 1000);

    private readonly double Spread => Math.Sqrt(Math.Max(MinDeviation, _deviation) * _kilobits);

    public void OnOveruse(long acknowledgedBitsPerSecond)
    {
        var sample = acknowledgedBitsPerSecond / 1000.0;
        _kilobits = IsKnown ? _kilobits + (OveruseWeight * (sample - _kilobits)) : sample;
        var error = _kilobits - sample;
        _deviation = Math.Clamp(
            ((1 - OveruseWeight) * _deviation) + (OveruseWeight * error * error / Math.Max(1, _kilobits)), MinDeviation, MaxDeviation);
    }

    public void Forget() => (_kilobits, _deviation) = (0, MinDeviation);
}
