using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace MeetOperator.Kube.Runtime.Metrics;

/// <summary>
/// Collects the instruments of selected meters and writes them in the Prometheus text format 0.0.4. Counters start at zero on construction, so
/// create it before the first measurement. Dispose stops the collection.
/// </summary>
public sealed class PrometheusExposition : IDisposable
{
    /// <summary>The Content-Type header of the response.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly Lock _scrape = new();

    /// <summary>Collects all meters of the process with these names.</summary>
    /// <param name="meters">Meter names; a trailing <c>*</c> matches any suffix.</param>
    public PrometheusExposition(params string[] meters)
        : this(null, meters)
    {
    }

    /// <summary>Collects the meters of one host and ignores those of other factories, so that two hosts in a process stay separate.</summary>
    /// <param name="factory">The factory of the host. Meters without a factory are included as well.</param>
    /// <param name="meters">Meter names; a trailing <c>*</c> matches any suffix.</param>
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

    /// <summary>The current state of all instruments, ordered by name.</summary>
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

            // Two meters may have an instrument with the same name, but a family may occur only once in the text.
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
