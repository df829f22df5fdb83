using System.Diagnostics.Metrics;
using System.Text;

namespace MeetOperator.Kube.Runtime.Metrics;

/// <summary>One instrument with its series by label values.</summary>
internal sealed class MetricFamily
{
    /// <summary>Maximum number of series; protects the memory against labels with unbounded values.</summary>
    private const int MaxSeries = 2000;

    /// <summary>Bucket bounds in seconds: those of the Prometheus client libraries, extended to fractions of a millisecond.</summary>
    private static readonly double[] DefaultBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);
    private readonly string _help;
    private readonly double[]? _buckets;
    private readonly bool _isObservable;
    private readonly bool _isAbsolute;

    private MetricFamily(string name, string type, string help, double[]? buckets, bool isObservable, bool isAbsolute)
    {
        Name = name;
        Type = type;
        _help = help;
        _buckets = buckets;
        _isObservable = isObservable;
        _isAbsolute = isAbsolute;
    }

    public string Name { get; }

    /// <summary>"counter", "gauge", or "histogram".</summary>
    public string Type { get; }

    public static MetricFamily Create(Instrument instrument)
    {
        var kind = instrument.GetType().Name;
        var kindName = kind.Contains('`', StringComparison.Ordinal) ? kind[..kind.IndexOf('`', StringComparison.Ordinal)] : kind;
        var type = kindName switch
        {
            "Counter" or "ObservableCounter" => "counter",
            "Histogram" => "histogram",
            _ => "gauge",
        };
        var name = PrometheusText.Name(instrument.Name);
        if (type == "counter" && !name.EndsWith("_total", StringComparison.Ordinal))
        {
            name += "_total";
        }

        var buckets = type != "histogram" ? null : (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? DefaultBuckets;
        return new MetricFamily(name, type, instrument.Description ?? instrument.Name, buckets, instrument.IsObservable, instrument.IsObservable || kindName == "Gauge");
    }

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = PrometheusText.Labels(tags);
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out var series))
            {
                if (_series.Count >= MaxSeries)
                {
                    return;
                }

                _series[labels] = series = new MetricSeries(_buckets);
            }

            series.Add(value, _isAbsolute);
        }
    }

    /// <summary>Clears the series of an observable instrument, so that series that are no longer reported disappear.</summary>
    public void BeginScrape()
    {
        if (_isObservable)
        {
            lock (_gate)
            {
                _series.Clear();
            }
        }
    }

    public void WriteHeader(StringBuilder text) =>
        text.Append("# HELP ").Append(Name).Append(' ').Append(PrometheusText.Help(_help)).Append('\n')
            .Append("# TYPE ").Append(Name).Append(' ').Append(Type).Append('\n');

    public void WriteSeries(StringBuilder text)
    {
        lock (_gate)
        {
            foreach (var (labels, series) in _series)
            {
                if (_buckets is null)
                {
                    WriteLine(text, Name, labels, series.Value);
                    continue;
                }

                for (var i = 0; i <= _buckets.Length; i++)
                {
                    var bound = i == _buckets.Length ? "+Inf" : PrometheusText.Number(_buckets[i]);
                    var separator = labels.Length == 0 ? string.Empty : ",";
                    WriteLine(text, Name + "_bucket", $"{labels}{separator}le=\"{bound}\"", series.CumulativeCount(i));
                }

                WriteLine(text, Name + "_sum", labels, series.Value);
                WriteLine(text, Name + "_count", labels, series.CumulativeCount(_buckets.Length));
            }
        }
    }

    private static void WriteLine(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(PrometheusText.Number(value)).Append('\n');
    }
}
