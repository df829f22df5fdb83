using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Http;

/// <summary>How participants found the call. <c>average</c> is null without answers; <c>ratings</c> has the number of answers for each rating from 1 to 5.</summary>
internal sealed record SurveySummary(long Count, double? Average, IReadOnlyList<long> Ratings)
{
    public static SurveySummary Of(IReadOnlyList<SurveyCount> counts)
    {
        var answers = counts.Sum(one => one.Answers);
        long[] ratings = [.. Enumerable.Range(1, 5).Select(rating => counts.FirstOrDefault(one => one.Rating == rating)?.Answers ?? 0)];
        return new(answers, answers == 0 ? null : (double)counts.Sum(one => one.Rating * one.Answers) / answers, ratings);
    }
}
