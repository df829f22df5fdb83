using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace MeetOperator.Kube.Runtime;

/// <summary>
/// Collects the instruments of some meters and writes them in the Prometheus text format 0.0.4. Counters are summed from the moment of construction on,
/// so make it before the first measurement. Dispose ends the collecting.
/// </summary>
public sealed class PrometheusExposition : IDisposable
{
    /// <summary>For the Content-Type header of the answer.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly Lock _scrape = new();

    /// <summary>Of all meters in the process with these names.</summary>
    /// <param name="meters">Names of meters; one that ends with <c>*</c> stands for all that begin so.</param>
    public PrometheusExposition(params string[] meters)
        : this(null, meters)
    {
    }

    /// <summary>Of one host's meters: those of other factories are left out, so that two hosts in a process do not show each other's figures.</summary>
    /// <param name="factory">The host's own; meters that no factory made count as well.</param>
    /// <param name="meters">As above.</param>
    public PrometheusExposition(IMeterFactory? factory, params string[] meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (meters.Any(name => Matches(name, instrument.Meter.Name)) && (factory is null || instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, factory)))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, MetricFamily.Create));
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, family) => ((MetricFamily)family!).Add((double)value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        _listener.Start();
    }

    /// <summary>The present state of all instruments, ordered by name.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        lock (_scrape)
        {
            foreach (var family in _families.Values)
            {
                family.BeginScrape();
            }

            _listener.RecordObservableInstruments();

            // Two meters may have an instrument of one name; a family may stand in the text only once.
            foreach (var group in _families.Values.GroupBy(family => family.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                var families = group.ToList();
                families[0].WriteHeader(text);
                families.Where(family => family.Type == families[0].Type).ToList().ForEach(family => family.WriteSeries(text));
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == name;
}
