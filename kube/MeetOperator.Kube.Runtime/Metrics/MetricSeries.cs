namespace MeetOperator.Kube.Runtime.Metrics;

/// <summary>The data of one label set: a value, or the sum and bucket counts of a histogram.</summary>
internal sealed class MetricSeries(double[]? buckets)
{
    private readonly long[] _counts = new long[buckets is null ? 0 : buckets.Length + 1];

    /// <summary>The value, or the sum of all measurements of a histogram.</summary>
    public double Value { get; private set; }

    public void Add(double value, bool isAbsolute)
    {
        Value = isAbsolute ? value : Value + value;
        if (buckets is not null)
        {
            var index = Array.BinarySearch(buckets, value);
            _counts[index >= 0 ? index : ~index]++;
        }
    }

    /// <summary>Number of measurements up to the bound of bucket <paramref name="index"/>.</summary>
    public long CumulativeCount(int index) => _counts.AsSpan(0, index + 1).ToArray().Sum();
}
