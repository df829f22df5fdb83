using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.Runtime.Controllers;

/// <summary>Configures which changes enqueue which keys. The caller runs the informers, which several controllers may share.</summary>
public sealed class ControllerBuilder<T>(Informer<T> primary)
    where T : KubernetesObject
{
    private readonly List<IInformer> _informers = [primary];
    private readonly List<Func<Action<NamespacedName>, IDisposable>> _sources = [];
    private Func<InformerChange<T>, bool> _predicate = static _ => true;
    private ControllerOptions _options = new();
    private TimeProvider _time = TimeProvider.System;
    private Random _random = Random.Shared;
    private ILogger _logger = NullLogger.Instance;

    public ControllerBuilder<T> WithOptions(ControllerOptions options) => Set(() => _options = options);

    public ControllerBuilder<T> WithTime(TimeProvider time, Random random) => Set(() => (_time, _random) = (time, random));

    public ControllerBuilder<T> WithLogger(ILogger logger) => Set(() => _logger = logger);

    /// <summary>Only changes of the primary kind that match <paramref name="predicate"/> cause a reconcile; see <see cref="Predicates"/>.</summary>
    public ControllerBuilder<T> WithPredicate(Func<InformerChange<T>, bool> predicate) => Set(() => _predicate = predicate);

    /// <summary>For every changed object, reconciles its owner (the controller reference of kind <typeparamref name="T"/>).</summary>
    public ControllerBuilder<T> Owns<TOwned>(Informer<TOwned> informer)
        where TOwned : KubernetesObject =>
        Watches(informer, OwnerKeys.OfController<T>);

    /// <summary>
    /// For every changed object, reconciles the keys that <paramref name="map"/> returns; for a modification, those of the old and the new state.
    /// </summary>
    public ControllerBuilder<T> Watches<TOther>(Informer<TOther> informer, Func<TOther, IEnumerable<NamespacedName>> map)
        where TOther : KubernetesObject => Set(() =>
        {
            _informers.Add(informer);
            _sources.Add(enqueue => informer.OnChange(change =>
            {
                var keys = new HashSet<NamespacedName>();
                foreach (var item in (TOther?[])[change.Old, change.New])
                {
                    if (item is not null)
                    {
                        keys.UnionWith(map(item));
                    }
                }

                foreach (var key in keys)
                {
                    enqueue(key);
                }
            }));
        });

    /// <summary>For every change, reconciles the keys that <paramref name="map"/> returns.</summary>
    public ControllerBuilder<T> WatchesChanges<TOther>(Informer<TOther> informer, Func<InformerChange<TOther>, IEnumerable<NamespacedName>> map)
        where TOther : KubernetesObject => Set(() =>
        {
            _informers.Add(informer);
            _sources.Add(enqueue => informer.OnChange(change =>
            {
                foreach (var key in map(change))
                {
                    enqueue(key);
                }
            }));
        });

    public Controller<T> Build(IReconciler reconciler)
    {
        var predicate = _predicate;
        Func<Action<NamespacedName>, IDisposable> own = enqueue => primary.OnChange(change =>
        {
            if (predicate(change))
            {
                enqueue(change.Key);
            }
        });
        return new Controller<T>(reconciler, _options, _informers, [own, .. _sources], key => primary.Get(key) is not null, _time, _random, _logger);
    }

    private ControllerBuilder<T> Set(Action action)
    {
        action();
        return this;
    }
}
