using System.Text.Json.Nodes;
using System.Threading.Channels;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Kube.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.Runtime.Events;

/// <summary>
/// Writes core/v1 Events in the background. Repeated events increase a count, and each object gets at most ten writes per minute. Recording never
/// blocks and never throws. While the API server is unreachable, events are lost.
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
    private readonly Channel<PendingEvent> _pending = Channel.CreateBounded<PendingEvent>(
        new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <param name="client">Writes the events.</param>
    /// <param name="component">The reporting component, for example <c>widget-controller</c>.</param>
    /// <param name="instance">The reporting instance, for example the Pod name.</param>
    /// <param name="time">The clock of the events.</param>
    /// <param name="logger">Logs events that could not be written.</param>
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

    /// <summary>
    /// Records an event about <paramref name="target"/>. <paramref name="reason"/> is UpperCamel; <paramref name="message"/> is human-readable.
    /// </summary>
    public void Record(KubernetesObject target, EventType type, string reason, string message)
    {
        var text = message.Length <= MaxMessageLength ? message : message[..(MaxMessageLength - 1)] + "…";
        _pending.Writer.TryWrite(new PendingEvent(ObjectReference.To(target), type, reason, text, _time.GetUtcNow()));
    }

    /// <summary>Writes events until <paramref name="ct"/> is cancelled, then flushes the remaining ones for at most three seconds.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var pending in _pending.Reader.ReadAllAsync(ct).ConfigureAwait(false))
            {
                await WriteAsync(pending, ct).ConfigureAwait(false);
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
            while (_pending.Reader.TryRead(out var pending) && await WriteAsync(pending, limit.Token).ConfigureAwait(false))
            {
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // The remaining events are lost, as documented.
        }
    }

    /// <returns>False if this process is no longer the leader and must stop writing.</returns>
    private async Task<bool> WriteAsync(PendingEvent pending, CancellationToken ct)
    {
        var decision = _aggregator.Observe(pending.Target, pending.Type, pending.Reason, pending.Message, pending.At);
        try
        {
            if (decision.Action == EventAction.Create || (decision.Action == EventAction.Count && !await TryCountAsync(pending, decision, ct).ConfigureAwait(false)))
            {
                await _client.CreateAsync(Build(pending, decision), ct).ConfigureAwait(false);
            }
        }
        catch (LeadershipLostException)
        {
            return false;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Events are best effort: a failed write must not affect the work that it describes.
            _logger.EventFailed(e, pending.Reason, pending.Target.Kind, new NamespacedName(pending.Target.Namespace, pending.Target.Name ?? string.Empty));
        }

        return true;
    }

    /// <returns>False if the Event no longer exists; API servers delete Events after an hour by default.</returns>
    private async Task<bool> TryCountAsync(PendingEvent pending, EventDecision decision, CancellationToken ct)
    {
        var patch = new JsonObject { ["count"] = decision.Count, ["lastTimestamp"] = Rfc3339TimeConverter.Format(WholeSeconds(pending.At)) };
        try
        {
            await _client.MergePatchAsync<Event>(new NamespacedName(NamespaceOf(pending.Target), decision.Name), patch, ct).ConfigureAwait(false);
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private Event Build(PendingEvent pending, EventDecision decision) => new()
    {
        Metadata = new ObjectMeta { Name = decision.Name, Namespace = NamespaceOf(pending.Target) },
        InvolvedObject = pending.Target,
        Type = pending.Type.ToString(),
        Reason = pending.Reason,
        Message = pending.Message,
        Count = decision.Count,
        FirstTimestamp = WholeSeconds(decision.First),
        LastTimestamp = WholeSeconds(pending.At),
        Source = new EventSource { Component = _component, Host = _instance },
        ReportingComponent = _component,
        ReportingInstance = _instance,
    };

    /// <summary>Events about cluster-scoped objects are stored in the default namespace.</summary>
    private static string NamespaceOf(ObjectReference target) => string.IsNullOrEmpty(target.Namespace) ? "default" : target.Namespace;

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private sealed record PendingEvent(ObjectReference Target, EventType Type, string Reason, string Message, DateTimeOffset At);
}
