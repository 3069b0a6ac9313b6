/**
 * The functions that commit: a group at once, and one batch in a caller's own transaction.
 *
 * The first statement locks the organization's head. Each later one has a snapshot taken after that
 * lock, so what it checks is what the commit before it left.
 *
 * A group is written in a few statements for all of its batches. A batch that has to be undone undoes
 * the group, which answers `redo` and is then written batch by batch. Loops count over arrays, since
 * an expression costs a tenth of a query.
 *
 * @since 0.1.0
 */

// rules -----------------------------------------------------------------------

/**
 * Carries out steps in their order, without those of some batches. It answers nothing when all hold,
 * else which statement did not and what its question found.
 *
 * @category models
 * @since 0.1.0
 */
export const steps: string = `
CREATE OR REPLACE FUNCTION foreman.carry_out(
  org text, cells text[], rows_at int[], rows_batch int[], skipped int[], ops jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  op jsonb; steps jsonb; held boolean; found_rows jsonb := '[]'; places int[];
BEGIN
  FOR i IN 0 .. jsonb_array_length(ops) - 1 LOOP
    op := ops->i;
    IF op->>0 = 'Insert' THEN
      places := rows_at[(op->>3)::int : (op->>4)::int];
      IF cardinality(skipped) > 0 THEN
        places := ARRAY(SELECT rows_at[j] FROM generate_series((op->>3)::int, (op->>4)::int) j
          WHERE NOT rows_batch[j] = ANY(skipped));
      END IF;
      held := foreman.put(org, op->>1, cells, places);
      CONTINUE;
    END IF;
    steps := op->3;
    IF cardinality(skipped) > 0 THEN
      SELECT coalesce(jsonb_agg(s), '[]') INTO steps FROM jsonb_array_elements(steps) s
      WHERE NOT (s->>'$b')::int = ANY(skipped);
      CONTINUE WHEN steps = '[]';
    END IF;
    IF op->>0 = 'Ask' THEN
      found_rows := foreman.ask(org, op->>1, steps->0);
      held := (found_rows <> '[]') = (op->>2 = 'some');
    ELSIF op->>0 = 'Apply' THEN
      held := foreman.change(org, op->>1, steps->0);
    ELSE
      found_rows := '[]';
      held := jsonb_array_length(steps)
        = foreman.write(org, op->>1, op->>0, op->>2 = 'after', steps);
    END IF;
    IF NOT held THEN RETURN jsonb_build_object('guard', i, 'rows', found_rows); END IF;
  END LOOP;
  RETURN NULL;
END $$;`

/**
 * The receipt of a scope as an answer, read in an organization's transaction.
 *
 * @category models
 * @since 0.1.0
 */
export const receipt: string = `
CREATE OR REPLACE FUNCTION foreman.receipt_of(org text, scope text, wanted text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  known jsonb; said text;
BEGIN
  IF scope <> org THEN said := set_config('foreman.organization', scope, true); END IF;
  SELECT jsonb_build_object('_tag', 'Duplicate', 'receipt', jsonb_build_object('organization',
    r.organization, 'key', r.key, 'digest', r.digest, 'answer', r.answer)) INTO known
  FROM foreman.receipts r WHERE r.organization = scope AND r.key = wanted;
  IF scope <> org THEN said := set_config('foreman.organization', org, true); END IF;
  RETURN known;
END $$;`

/**
 * Commits a group of one organization, as `PostgresGroup.ts` writes it down.
 *
 * @category models
 * @since 0.1.0
 */
export const group: string = `
CREATE OR REPLACE FUNCTION foreman.commit(
  org text, scope text, batches int, streams text[], types text[], relies bigint[], events int[],
  bodies text[], receipts text[], receipt_batch int[], cells text[], rows_at int[], rows_batch int[],
  ops jsonb, told_at bigint
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  refusal jsonb; broken text; said text;
  start_position bigint; next_position bigint; last_hash bytea; last_at bigint; now_at bigint;
  before bigint[]; current bigint[]; relied int := 1; evented int := 1; first_relied int;
  written int[] := '{}'; versions bigint[] := '{}'; hashes bytea[] := '{}'; n int := 0;
  stream int; is_fresh boolean; refused jsonb := '{}'; skipped int[] := '{}'; known jsonb;
  link bytea := convert_to(org, 'UTF8') || '\\x00'::bytea; moment bytea;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    -- Any other level would keep the snapshot from before the wait for the lock.
    RAISE EXCEPTION 'A commit needs the isolation level READ COMMITTED'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  said := set_config('foreman.organization', org, true);
  LOOP
    SELECT h.position, h.hash, h.at INTO start_position, last_hash, last_at
    FROM foreman.heads h WHERE h.organization = org FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO foreman.heads VALUES (org, 0, decode(repeat('00', 32), 'hex'), 0)
    ON CONFLICT DO NOTHING;
  END LOOP;
  now_at := greatest(last_at, coalesce(
    told_at, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint));
  moment := int8send(now_at);
  next_position := start_position;
  before := ARRAY(SELECT coalesce((
    SELECT e.version FROM foreman.events e WHERE e.organization = org AND e.stream = s.stream
    ORDER BY e.version DESC LIMIT 1), 0) FROM unnest(streams) AS s(stream));
  current := before;

  BEGIN
    FOR b IN 1 .. batches LOOP
      first_relied := relied; is_fresh := true;
      WHILE relies[relied] = b LOOP
        is_fresh := is_fresh AND current[relies[relied + 1]] = relies[relied + 2];
        relied := relied + 3;
      END LOOP;
      IF NOT is_fresh THEN
        -- What was done already is told before what is in its way.
        known := foreman.receipt_of(org, scope, receipts[3 * array_position(receipt_batch, b) - 2]);
        IF known IS NULL THEN
          SELECT jsonb_build_object('_tag', 'Conflict', 'actual', jsonb_agg(jsonb_build_object(
            'stream', streams[relies[i + 1]], 'version', current[relies[i + 1]]) ORDER BY i))
          INTO known FROM generate_series(first_relied, relied - 1, 3) i;
        END IF;
        refused := refused || jsonb_build_object(b, known);
        skipped := skipped || b;
      END IF;
      WHILE events[evented] = b LOOP
        IF is_fresh THEN
          stream := events[evented + 1]; n := n + 1; next_position := next_position + 1;
          current[stream] := current[stream] + 1;
          last_hash := sha256(last_hash || link || int8send(next_position) || moment
            || convert_to('[' || to_json(streams[stream])::text || ',' || current[stream] || ','
              || to_json(types[events[evented + 2]])::text || ',' || bodies[(evented + 2) / 3]
              || ']', 'UTF8'));
          written[n] := evented; versions[n] := current[stream]; hashes[n] := last_hash;
        END IF;
        evented := evented + 3;
      END LOOP;
    END LOOP;

    IF scope <> org THEN
      said := set_config('foreman.organization', scope, true);
      -- So that whoever lists the organizations finds this one too.
      INSERT INTO foreman.heads VALUES (scope, 0, decode(repeat('00', 32), 'hex'), 0)
      ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(receipt_batch) > 0 THEN
      INSERT INTO foreman.receipts
      SELECT scope, receipts[3 * i - 2], receipts[3 * i - 1], receipts[3 * i], now_at
      FROM generate_series(1, cardinality(receipt_batch)) i WHERE NOT receipt_batch[i] = ANY(skipped);
    END IF;
    IF scope <> org THEN said := set_config('foreman.organization', org, true); END IF;

    refusal := foreman.carry_out(org, cells, rows_at, rows_batch, skipped, ops);
    IF refusal IS NOT NULL THEN RAISE EXCEPTION 'A guard failed' USING ERRCODE = 'FM001'; END IF;

    IF n > 0 THEN
      INSERT INTO foreman.events
      SELECT org, start_position + i, streams[events[written[i] + 1]], versions[i],
        types[events[written[i] + 2]], bodies[(written[i] + 2) / 3], now_at, hashes[i]
      FROM generate_series(1, n) i;
    END IF;
  EXCEPTION WHEN SQLSTATE 'FM001' OR integrity_constraint_violation THEN
    IF batches > 1 THEN RETURN '{"redo": true}'; END IF;
    -- Variables outlive what is undone.
    IF SQLSTATE = 'FM001' THEN RETURN refusal; END IF;
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'receipts_key' THEN
      known := foreman.receipt_of(org, scope, receipts[1]);
      RETURN jsonb_build_object('known', known);
    END IF;
    IF broken = '' OR SQLSTATE = '23502' THEN RAISE; END IF;
    RETURN jsonb_build_object('broken', broken);
  END;

  IF cardinality(skipped) < batches THEN
    UPDATE foreman.heads h SET position = next_position, hash = last_hash, at = now_at
    WHERE h.organization = org;
  END IF;
  RETURN jsonb_build_object('position', start_position, 'at', now_at,
    'before', to_jsonb(before), 'refused', refused);
END $$;`

/**
 * Commits a group of one batch in the transaction of a caller, with the rights of the store's role.
 *
 * @category models
 * @since 0.1.0
 */
export const within: string = `
CREATE OR REPLACE FUNCTION foreman.commit_within(
  org text, scope text, batches int, streams text[], types text[], relies bigint[], events int[],
  bodies text[], receipts text[], receipt_batch int[], cells text[], rows_at int[], rows_batch int[],
  ops jsonb, told_at bigint
) RETURNS jsonb LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_material = off SET jit = off AS $$
DECLARE
  answer jsonb;
BEGIN
  answer := foreman.commit(org, scope, batches, streams, types, relies, events, bodies, receipts,
    receipt_batch, cells, rows_at, rows_batch, ops, told_at);
  -- Nobody else can follow with the hint. It goes with the caller's commit, as anything that is said.
  IF answer ? 'position' AND cardinality(events) > 0 AND octet_length(org) < 4000 THEN
    PERFORM pg_notify('foreman', jsonb_build_array(org, h.position)::text)
    FROM foreman.heads h WHERE h.organization = org;
  END IF;
  PERFORM set_config('foreman.organization', '', true);
  RETURN answer;
END $$;`
