; stubs.asm - the vectors: build one frame (struct user_regs), switch stacks, call C; the way out; thread switch.
; Called by: the CPU; context.c and the scheduler for the switches.
; Never: decides anything; trap.c sorts.
; C and assembly pass the first three arguments in eax, edx and ecx (-mregparm=3).
bits 32

KERNEL_DS   equ 0x10
FRAME_CS    equ 56                    ; offsets in struct user_regs, checked in trap.c

extern trap_user, trap_kernel, trap_leave
global trap_vectors, trap_syscall_vector
global irq_stack_top, user_kstack_top, user_regs_loaded
global call_on_irq_stack, arch_user_enter
global arch_context_switch, context_start
global irq_save, irq_restore, irq_enabled, arch_idle

section .text

; ---- one entry for each vector: error code (the CPU's or -1), vector number
%assign v 0
%rep 48
vector_ %+ v:
%if v = 8 || (v >= 10 && v <= 14) || v = 17 || v = 21 || v = 29 || v = 30
%else
	push dword -1
%endif
	push dword v
	jmp trap_common
%assign v v + 1
%endrep

trap_syscall_vector:
	push eax                      ; orig_eax
	push dword 0x80

; From user mode the frame grows down from the end of the loaded user's regs, so it is built in place and what is above
; needs no copy; interrupts are off until the stack is a real one. From kernel mode it lies on the stack in use.
trap_common:
	push gs                       ; may write two bytes of four only: the upper halves stay 0 as arch_user_init left them
	push fs
	push es
	push ds
	push eax
	push ebp
	push edi
	push esi
	push edx
	push ecx
	push ebx
	cld
	mov eax, KERNEL_DS
	mov ds, eax
	mov es, eax
	mov eax, esp
	test byte [esp + FRAME_CS], 3
	jz .from_kernel
	mov esp, [user_kstack_top]
	xor ebp, ebp                  ; backtraces end at the user boundary
	call trap_user
	jmp user_exit

.from_kernel:
	call trap_kernel
	pop ebx
	pop ecx
	pop edx
	pop esi
	pop edi
	pop ebp
	pop eax
	pop ds
	pop es
	add esp, 16                   ; fs, gs: the kernel has none, and a user's may be void here; vector, error
	iret

; Leave for user mode by the loaded user's registers: interrupts off, selectors checked by trap_leave.
user_exit:
	mov esp, [user_regs_loaded]
	pop ebx
	pop ecx
	pop edx
	pop esi
	pop edi
	pop ebp
	pop eax
	pop ds
	pop es
	pop fs
	pop gs
	add esp, 8
	iret

arch_user_enter:
	cli
	mov esp, [user_kstack_top]
	sti
	xor ebp, ebp
	call trap_leave
	jmp user_exit

; void call_on_irq_stack(void (*fn)(uint32_t), uint32_t arg)
call_on_irq_stack:
	push ebp
	mov ebp, esp
	mov ecx, eax
	mov eax, edx
	mov esp, [irq_stack_top]
	call ecx
	mov esp, ebp
	pop ebp
	ret

; void arch_context_switch(struct arch_context *from, struct arch_context *to)
arch_context_switch:
	push ebp
	push ebx
	push esi
	push edi
	mov [eax], esp
	mov esp, [edx]
	pop edi
	pop esi
	pop ebx
	pop ebp
	ret

; First switch to a new thread comes here: ebx entry, esi argument.
context_start:
	xor ebp, ebp
	sti
	mov eax, esi
	call ebx
	ud2                           ; an entry never returns

irq_save:
	pushfd
	pop eax
	and eax, 0x200
	cli
	ret

irq_restore:
	test eax, 0x200
	jz .off
	sti
	ret
.off:	cli
	ret

irq_enabled:
	pushfd
	pop eax
	shr eax, 9
	and eax, 1
	ret

arch_idle:
	sti
	hlt
	ret

section .rodata
align 4
trap_vectors:
%assign v 0
%rep 48
	dd vector_ %+ v
%assign v v + 1
%endrep

section .data
align 4
irq_stack_top:    dd 0
user_kstack_top:  dd 0
user_regs_loaded: dd 0
