using System.Text.Json.Nodes;
using System.Threading.Channels;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.Runtime;

/// <summary>
/// Writes core/v1 Events in the background: repeated ones are counted, and one object gets at most ten writes a minute. Recording never blocks and never fails;
/// while the server cannot be reached, events are lost.
/// </summary>
public sealed class EventRecorder
{
    private const int MaxWritesPerObjectAndMinute = 10;
    private const int MaxMessageLength = 1024;
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(3);

    private readonly KubeClient _client;
    private readonly string _component;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EventAggregator _aggregator = new(MaxWritesPerObjectAndMinute, maxEntries: 4096);
    private readonly Channel<Recorded> _recorded = Channel.CreateBounded<Recorded>(
        new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <param name="client">Writes the events.</param>
    /// <param name="component">What reports, for example <c>widget-controller</c>.</param>
    /// <param name="instance">Which of them, for example the Pod's name.</param>
    /// <param name="time">The clock of the events.</param>
    /// <param name="logger">Told about events that could not be written.</param>
    public EventRecorder(KubeClient client, string component, string? instance = null, TimeProvider? time = null, ILogger<EventRecorder>? logger = null)
    {
        _client = client;
        _component = component;
        _instance = instance ?? Environment.MachineName;
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<EventRecorder>.Instance;
    }

    public void Normal(KubernetesObject target, string reason, string message) => Record(target, EventType.Normal, reason, message);

    public void Warning(KubernetesObject target, string reason, string message) => Record(target, EventType.Warning, reason, message);

    /// <summary>Tells what happened to <paramref name="target"/>; <paramref name="reason"/> is UpperCamel, <paramref name="message"/> is for people.</summary>
    public void Record(KubernetesObject target, EventType type, string reason, string message)
    {
        var text = message.Length <= MaxMessageLength ? message : message[..(MaxMessageLength - 1)] + "…";
        _recorded.Writer.TryWrite(new Recorded(ObjectReference.To(target), type, reason, text, _time.GetUtcNow()));
    }

    /// <summary>Writes until <paramref name="ct"/> ends, and then what is still waiting, for three seconds at most.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var recorded in _recorded.Reader.ReadAllAsync(ct).ConfigureAwait(false))
            {
                await WriteAsync(recorded, ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await FlushAsync().ConfigureAwait(false);
        }
    }

    private async Task FlushAsync()
    {
        using var limit = new CancellationTokenSource(FlushTimeout, _time);
        try
        {
            while (_recorded.Reader.TryRead(out var recorded) && await WriteAsync(recorded, limit.Token).ConfigureAwait(false))
            {
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // The rest is lost, as it is said.
        }
    }

    /// <returns>False when it makes no sense to go on: we do not lead any more.</returns>
    private async Task<bool> WriteAsync(Recorded recorded, CancellationToken ct)
    {
        var decision = _aggregator.Observe(recorded.Target, recorded.Type, recorded.Reason, recorded.Message, recorded.At);
        try
        {
            if (decision.Action == EventAction.Create || (decision.Action == EventAction.Count && !await TryCountAsync(recorded, decision, ct).ConfigureAwait(false)))
            {
                await _client.CreateAsync(Build(recorded, decision), ct).ConfigureAwait(false);
            }
        }
        catch (LeadershipLostException)
        {
            return false;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // An event is a courtesy: whatever keeps it from being written must not stop the work that it tells of.
            _logger.EventFailed(e, recorded.Reason, recorded.Target.Kind, new NamespacedName(recorded.Target.Namespace, recorded.Target.Name ?? string.Empty));
        }

        return true;
    }

    /// <returns>False when the server has dropped the event meanwhile (they live for an hour).</returns>
    private async Task<bool> TryCountAsync(Recorded recorded, EventDecision decision, CancellationToken ct)
    {
        var patch = new JsonObject { ["count"] = decision.Count, ["lastTimestamp"] = Rfc3339TimeConverter.Format(WholeSeconds(recorded.At)) };
        try
        {
            await _client.MergePatchAsync<Event>(new NamespacedName(NamespaceOf(recorded.Target), decision.Name), patch, ct).ConfigureAwait(false);
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private Event Build(Recorded recorded, EventDecision decision) => new()
    {
        Metadata = new ObjectMeta { Name = decision.Name, Namespace = NamespaceOf(recorded.Target) },
        InvolvedObject = recorded.Target,
        Type = recorded.Type.ToString(),
        Reason = recorded.Reason,
        Message = recorded.Message,
        Count = decision.Count,
        FirstTimestamp = WholeSeconds(decision.First),
        LastTimestamp = WholeSeconds(recorded.At),
        Source = new EventSource { Component = _component, Host = _instance },
        ReportingComponent = _component,
        ReportingInstance = _instance,
    };

    /// <summary>Events of cluster-scoped objects live in the default namespace.</summary>
    private static string NamespaceOf(ObjectReference target) => string.IsNullOrEmpty(target.Namespace) ? "default" : target.Namespace;

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private sealed record Recorded(ObjectReference Target, EventType Type, string Reason, string Message, DateTimeOffset At);
}
