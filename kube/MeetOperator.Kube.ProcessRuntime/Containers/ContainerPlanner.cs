using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Turns a container of a Pod into a command for this machine. Pure: what it needs was read before.</summary>
internal static class ContainerPlanner
{
    // inherited: variables of the runtime's own environment that every process gets (PATH and the like); a container's own win.
    public static ContainerPlan Plan(
        Pod pod, Container container, PodPlace place, ReferencedData data, ImageTable images, IReadOnlyDictionary<string, string> inherited)
    {
        if (!images.TryFind(container.Image ?? string.Empty, out var image))
        {
            throw new PodConfigurationException(
                PodConfigurationException.ImageError, $"image \"{container.Image}\" stands for no program on this machine");
        }

        var mounts = MountsOf(pod, container, place);
        var resolved = ContainerEnvironment.Resolve(pod, container, place, data, image);
        var environment = new Dictionary<string, string>(inherited, StringComparer.Ordinal);
        foreach (var (name, value) in resolved)
        {
            environment[name] = mounts.Rewrite(value);
        }

        // Kubernetes' rules: command replaces the entrypoint and with it the image's arguments; args replace the arguments.
        IEnumerable<string> command = container.Command is { Count: > 0 } ? container.Command : image.Entrypoint;
        IEnumerable<string> arguments = container.Args is { Count: > 0 } ? container.Args
            : container.Command is { Count: > 0 } ? [] : image.Arguments;
        return new ContainerPlan(container.Name, new ProcessCommand
        {
            Arguments = [.. command.Concat(arguments).Select(word => mounts.Rewrite(VariableExpansion.Expand(word, resolved)))],
            Environment = environment,
            WorkingDirectory = container.WorkingDir is { Length: > 0 } folder ? mounts.Rewrite(folder) : image.WorkingDirectory ?? place.ContainerFolder(container.Name),
        });
    }

    private static MountTable MountsOf(Pod pod, Container container, PodPlace place) => new((container.VolumeMounts ?? []).Select(mount =>
    {
        var volume = pod.Spec.Volumes?.FirstOrDefault(v => v.Name == mount.Name)
            ?? throw new PodConfigurationException(PodConfigurationException.ConfigError, $"volumeMounts: the Pod has no volume \"{mount.Name}\"");
        var folder = VolumeFolders.HostPathOf(volume) ?? place.VolumeFolder(volume.Name);
        return new Mount(mount.MountPath, mount.SubPath is { Length: > 0 } sub ? VolumeFolders.Inside(folder, sub) : folder);
    }));
}
